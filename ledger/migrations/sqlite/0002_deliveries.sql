-- The way out of the ledger: endpoints with rules and health of their own, deliveries in lanes, each
-- attempt with its phases, and one running number for every event. The old tables are copied over.
ALTER TABLE attempt RENAME TO old_attempt;
ALTER TABLE delivery RENAME TO old_delivery;
ALTER TABLE endpoint_app RENAME TO old_endpoint_app;
ALTER TABLE endpoint RENAME TO old_endpoint;
ALTER TABLE event RENAME TO old_event;

CREATE TABLE endpoint (
    id               INTEGER PRIMARY KEY,
    endpoint_id      TEXT    NOT NULL UNIQUE,
    origin           TEXT    NOT NULL CHECK (origin IN ('config', 'api')),
    url              TEXT    NOT NULL,
    description      TEXT    NOT NULL DEFAULT '',
    apps             TEXT    NOT NULL DEFAULT '',    -- One a line; none: every app.
    event_types      TEXT    NOT NULL DEFAULT '',    -- Patterns, one a line; none: every type.
    rules            TEXT    NOT NULL DEFAULT '{}',  -- JSON; its reader is config/delivery_rules.
    status           TEXT    NOT NULL CHECK (status IN ('enabled', 'parked', 'removed')),
    parked_reason    TEXT,
    parked_ms        INTEGER,
    failing_since_ms INTEGER,                        -- Of the failures in a row, the first.
    open_until_ms    INTEGER,                        -- The breaker is open; absent: closed.
    openings         INTEGER NOT NULL DEFAULT 0,     -- In a row, without a success between them.
    backlog_to       INTEGER NOT NULL DEFAULT 0,     -- Deliveries up to this row are backlog.
    version          INTEGER NOT NULL UNIQUE,        -- Grows over all endpoints: a cursor of changes.
    created_ms       INTEGER NOT NULL,
    updated_ms       INTEGER NOT NULL
) STRICT;

-- Secrets of endpoints made through the API. Those of configured ones stay in their files.
CREATE TABLE endpoint_secret (
    id         INTEGER PRIMARY KEY,
    endpoint   INTEGER NOT NULL REFERENCES endpoint (id),
    secret     TEXT    NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER              -- Absent: the one that is current.
) STRICT;
CREATE INDEX endpoint_secret_of ON endpoint_secret (endpoint);

-- With one writer, rows are numbered in the order in which they are committed: an event's row is its
-- publication number, once `publication` has passed it.
CREATE TABLE event (
    id            INTEGER PRIMARY KEY,
    event_id      TEXT    NOT NULL UNIQUE,
    app           TEXT    NOT NULL,
    type          TEXT    NOT NULL,
    payment       INTEGER REFERENCES payment (id),
    version       INTEGER,
    payload       TEXT    NOT NULL,
    created_ms    INTEGER NOT NULL,
    only_endpoint INTEGER REFERENCES endpoint (id)  -- A test of it; it has no place in the cursor.
) STRICT;

-- The last event that has its deliveries. Whoever gives numbers holds this row.
CREATE TABLE publication (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    last INTEGER NOT NULL
) STRICT;

CREATE TABLE delivery (
    id              INTEGER PRIMARY KEY,
    event           INTEGER NOT NULL REFERENCES event (id),
    endpoint        INTEGER NOT NULL REFERENCES endpoint (id),
    ordered_by      INTEGER,                        -- The payment, for endpoints that want order.
    status          TEXT    NOT NULL CHECK (status IN ('pending', 'delivered', 'spent', 'cancelled')),
    generation      INTEGER NOT NULL DEFAULT 1,     -- Each redelivery begins a new one.
    attempts        INTEGER NOT NULL DEFAULT 0,
    forgiven        INTEGER NOT NULL DEFAULT 0,     -- Of these, how many the budget does not count.
    next_attempt_ms INTEGER NOT NULL,
    claimed_ms      INTEGER,                        -- Since when an attempt is under way.
    lease_until_ms  INTEGER,                        -- Until when it is its claimer's alone.
    finished_ms     INTEGER,
    UNIQUE (event, endpoint)
) STRICT;
CREATE INDEX delivery_fresh ON delivery (endpoint, id) WHERE status = 'pending' AND attempts = 0;
CREATE INDEX delivery_again ON delivery (endpoint, next_attempt_ms)
    WHERE status = 'pending' AND attempts > 0;
CREATE INDEX delivery_in_order ON delivery (endpoint, ordered_by, id)
    WHERE status = 'pending' AND ordered_by IS NOT NULL;
CREATE INDEX delivery_of ON delivery (endpoint, id);
CREATE INDEX delivery_given_up ON delivery (endpoint, id) WHERE status IN ('spent', 'cancelled');

-- One row with its key, without a table of numbers beside it: what an attempt says is short.
CREATE TABLE attempt (
    delivery      INTEGER NOT NULL REFERENCES delivery (id),
    number        INTEGER NOT NULL,
    generation    INTEGER NOT NULL DEFAULT 1,
    started_ms    INTEGER NOT NULL,
    finished_ms   INTEGER,           -- Absent when its process died in it.
    outcome       TEXT    NOT NULL,
    http_status   INTEGER,
    address       TEXT    NOT NULL DEFAULT '',
    dns_us        INTEGER,
    connect_us    INTEGER,
    tls_us        INTEGER,
    first_byte_us INTEGER,
    total_us      INTEGER,
    detail        TEXT    NOT NULL DEFAULT '',  -- The first part of the answer, or the error.
    PRIMARY KEY (delivery, number)
) STRICT, WITHOUT ROWID;

INSERT INTO event (id, event_id, app, type, payment, version, payload, created_ms)
    SELECT id, event_id, app, type, payment, version, payload, created_ms FROM old_event;
-- What was written before had its deliveries made at once.
INSERT INTO publication (id, last) SELECT 1, coalesce(max(id), 0) FROM event;
INSERT INTO endpoint (endpoint_id, origin, url, apps, status, parked_reason, version, created_ms,
                      updated_ms)
    SELECT id, origin, url,
           coalesce((SELECT group_concat(app, char(10)) FROM old_endpoint_app
                     WHERE endpoint = old_endpoint.id), ''),
           iif(enabled = 1, 'enabled', 'parked'), iif(enabled = 1, NULL, 'not_in_settings'),
           row_number() OVER (ORDER BY id), 0, 0
    FROM old_endpoint;
INSERT INTO delivery (id, event, endpoint, status, attempts, next_attempt_ms, lease_until_ms,
                      claimed_ms)
    SELECT old_delivery.id, event, endpoint.id, old_delivery.status, attempts, next_attempt_ms,
           lease_until_ms,
           (SELECT max(started_ms) FROM old_attempt WHERE delivery = old_delivery.id
            AND finished_ms IS NULL)
    FROM old_delivery JOIN endpoint ON endpoint.endpoint_id = old_delivery.endpoint;
INSERT INTO attempt (delivery, number, started_ms, finished_ms, outcome, http_status, address, detail)
    SELECT delivery, number, started_ms, finished_ms, outcome, http_status, coalesce(address, ''),
           coalesce(detail, '')
    FROM old_attempt WHERE outcome IS NOT NULL;

DROP TABLE old_attempt;
DROP TABLE old_delivery;
DROP TABLE old_endpoint_app;
DROP TABLE old_endpoint;
DROP TABLE old_event;
