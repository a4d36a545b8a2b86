CREATE TABLE plume (
  n      INTEGER PRIMARY KEY,
  id     TEXT NOT NULL UNIQUE,
  flight TEXT NOT NULL,
  log    INTEGER NOT NULL,
  cell   INTEGER NOT NULL,
  body   TEXT NOT NULL
) STRICT;
CREATE INDEX plume_flight ON plume (flight, n);
