-- What follows from position reports. Rows are deleted when they expire.

CREATE TABLE picture (
  id      TEXT PRIMARY KEY,
  flight  TEXT NOT NULL,
  time    INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  body    TEXT NOT NULL
) STRICT;
CREATE INDEX picture_time ON picture (time, id);
CREATE INDEX picture_expires ON picture (expires);

CREATE TABLE look (
  id      TEXT PRIMARY KEY,
  flight  TEXT NOT NULL,
  time    INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  body    TEXT NOT NULL
) STRICT;
CREATE INDEX look_time ON look (time, id);
CREATE INDEX look_expires ON look (expires);

CREATE TABLE visit (
  id      TEXT PRIMARY KEY,
  cell    INTEGER NOT NULL,
  time    INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  body    TEXT NOT NULL
) STRICT;
CREATE INDEX visit_cell ON visit (cell);
CREATE INDEX visit_expires ON visit (expires);
