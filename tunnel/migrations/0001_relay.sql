-- What the relay keeps. Times are milliseconds since 1970 (UTC).

CREATE TABLE event (
    id INTEGER PRIMARY KEY,             -- Never given twice; grows with time.
    tunnel TEXT NOT NULL,
    state INTEGER NOT NULL,             -- 0 waiting, 1 answered, 2 dropped
    event_key TEXT NOT NULL,            -- The provider's id of it, or a hash.
    key_strong INTEGER NOT NULL,
    first_received_ms INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,       -- Of the newest sending, whose bytes stand here.
    sendings INTEGER NOT NULL,
    round INTEGER NOT NULL,
    keep INTEGER NOT NULL,
    method TEXT NOT NULL,
    target TEXT NOT NULL,
    remote_address TEXT NOT NULL,
    scheme TEXT NOT NULL,
    prefix TEXT NOT NULL,
    headers BLOB NOT NULL,
    body BLOB NOT NULL,
    bytes INTEGER NOT NULL,             -- Of the whole row, roughly: what the limits count.
    last_status INTEGER,
    replay_of INTEGER
) STRICT;

CREATE INDEX event_waiting ON event (tunnel, id) WHERE state = 0;
-- Holds all that forgetting reads.
CREATE INDEX event_finished ON event (tunnel, id, bytes, received_ms) WHERE state > 0;

CREATE TABLE attempt (
    event_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    began_ms INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    status INTEGER NOT NULL,
    error TEXT NOT NULL,
    headers BLOB NOT NULL,
    body_start BLOB NOT NULL,
    body_bytes INTEGER NOT NULL,
    PRIMARY KEY (event_id, number)
) STRICT, WITHOUT ROWID;
