-- Every noun is kept as its JSON (body) beside the columns it is searched by.
-- Times are UTC in microseconds since 1970; cell is the S2 leaf cell of a place.
-- n is the order in which things were kept.

CREATE TABLE authorisation (
  id   TEXT PRIMARY KEY,
  body TEXT NOT NULL
) STRICT;

CREATE TABLE flight (
  id   TEXT PRIMARY KEY,
  body TEXT NOT NULL
) STRICT;

CREATE TABLE batch (
  id  TEXT PRIMARY KEY,
  log INTEGER NOT NULL
) STRICT;

CREATE TABLE observation (
  id     TEXT PRIMARY KEY,
  flight TEXT NOT NULL,
  sensor TEXT NOT NULL,
  time   INTEGER NOT NULL,
  cell   INTEGER NOT NULL,
  log    INTEGER NOT NULL,
  body   TEXT NOT NULL
) STRICT;
CREATE INDEX observation_flight ON observation (flight, time, id);
CREATE INDEX observation_sensor ON observation (flight, sensor, time, id);

CREATE TABLE wind (
  id     TEXT PRIMARY KEY,
  flight TEXT NOT NULL,
  time   INTEGER NOT NULL,
  log    INTEGER NOT NULL,
  body   TEXT NOT NULL
) STRICT;
CREATE INDEX wind_flight ON wind (flight, time, id);

CREATE TABLE building (
  id   TEXT PRIMARY KEY,
  cell INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX building_cell ON building (cell);

CREATE TABLE detection (
  n      INTEGER PRIMARY KEY,
  id     TEXT NOT NULL UNIQUE,
  flight TEXT NOT NULL,
  cell   INTEGER NOT NULL,
  body   TEXT NOT NULL
) STRICT;
CREATE INDEX detection_flight ON detection (flight, n);

CREATE TABLE posterior (
  n      INTEGER PRIMARY KEY,
  id     TEXT NOT NULL UNIQUE,
  flight TEXT NOT NULL,
  body   TEXT NOT NULL
) STRICT;
CREATE INDEX posterior_flight ON posterior (flight, n);

CREATE TABLE site (
  id      TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  cell    INTEGER NOT NULL,
  body    TEXT NOT NULL
) STRICT;
CREATE INDEX site_cell ON site (cell);

CREATE TABLE lead (
  id      TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  body    TEXT NOT NULL
) STRICT;

CREATE TABLE rejection (
  decision TEXT PRIMARY KEY,
  body     TEXT NOT NULL
) STRICT;

CREATE TABLE sealed (
  id     TEXT PRIMARY KEY,
  flight TEXT NOT NULL,
  body   TEXT NOT NULL
) STRICT;

CREATE TABLE fact (
  id TEXT PRIMARY KEY
) STRICT;

CREATE TABLE user (
  name          TEXT PRIMARY KEY,
  password_hash TEXT NOT NULL,
  body          TEXT NOT NULL
) STRICT;

CREATE TABLE session (
  secret_hash TEXT PRIMARY KEY,
  user        TEXT NOT NULL REFERENCES user (name),
  expires_at  INTEGER NOT NULL,
  body        TEXT NOT NULL
) STRICT;

CREATE TABLE position (
  consumer TEXT PRIMARY KEY,
  seq      INTEGER NOT NULL
) STRICT;

CREATE TABLE outbox (
  n       INTEGER PRIMARY KEY AUTOINCREMENT,
  id      TEXT NOT NULL,
  subject TEXT NOT NULL,
  data    BLOB NOT NULL
) STRICT;

CREATE TABLE delivery (
  n           INTEGER PRIMARY KEY,
  destination TEXT NOT NULL,
  id          TEXT NOT NULL,
  subject     TEXT NOT NULL,
  data        BLOB NOT NULL,
  due         INTEGER NOT NULL,
  attempts    INTEGER NOT NULL DEFAULT 0,
  last_error  TEXT NOT NULL DEFAULT '',
  sent        INTEGER NOT NULL DEFAULT 0,
  UNIQUE (destination, id)
) STRICT;
CREATE INDEX delivery_due ON delivery (destination, sent, n);

CREATE TABLE audit_entry (
  n    INTEGER PRIMARY KEY,
  leaf BLOB NOT NULL
) STRICT;

CREATE TABLE audit_hash (
  i    INTEGER PRIMARY KEY,
  hash BLOB NOT NULL
) STRICT;

CREATE TABLE audit_checkpoint (
  size INTEGER PRIMARY KEY,
  note TEXT NOT NULL
) STRICT;
