-- A delivery that goes well costs little: one tree holds it and lists its endpoint's, one index is
-- touched while it is under way, and the attempt that brings it there at the first try stands in its
-- own row. The old tables are copied over.
DROP INDEX delivery_fresh;
DROP INDEX delivery_again;
DROP INDEX delivery_in_order;
DROP INDEX delivery_of;
DROP INDEX delivery_given_up;
ALTER TABLE attempt RENAME TO old_attempt;
ALTER TABLE delivery RENAME TO old_delivery;

-- The number is the endpoint's times 2^40, and the event's: single by itself, an endpoint's stand
-- together in the order of their events, and an event's are found with one step each.
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
    -- The first attempt, when it was the one that brought it there; every other stands in attempt.
    first_started_ms    INTEGER,
    first_finished_ms   INTEGER,
    first_http_status   INTEGER,
    first_address       TEXT,
    first_dns_us        INTEGER,
    first_connect_us    INTEGER,
    first_tls_us        INTEGER,
    first_first_byte_us INTEGER,
    first_total_us      INTEGER,
    first_detail        TEXT,
    CHECK (id = endpoint * 1099511627776 + event AND event BETWEEN 1 AND 1099511627775)
) STRICT;
CREATE INDEX delivery_fresh ON delivery (endpoint, id) WHERE status = 'pending' AND attempts = 0;
CREATE INDEX delivery_again ON delivery (endpoint, next_attempt_ms)
    WHERE status = 'pending' AND attempts > 0;
CREATE INDEX delivery_in_order ON delivery (endpoint, ordered_by, id)
    WHERE status = 'pending' AND ordered_by IS NOT NULL;
CREATE INDEX delivery_given_up ON delivery (endpoint, id) WHERE status IN ('spent', 'cancelled');

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

-- Wherever they stand.
CREATE VIEW every_attempt AS
    SELECT delivery, number, generation, started_ms, finished_ms, outcome, http_status, address,
           dns_us, connect_us, tls_us, first_byte_us, total_us, detail FROM attempt
    UNION ALL
    SELECT id, 1, 1, first_started_ms, first_finished_ms, 'delivered', first_http_status,
           first_address, first_dns_us, first_connect_us, first_tls_us, first_first_byte_us,
           first_total_us, first_detail FROM delivery WHERE first_started_ms IS NOT NULL;

INSERT INTO delivery
    SELECT old.endpoint * 1099511627776 + old.event, old.event, old.endpoint, old.ordered_by,
           old.status, old.generation, old.attempts, old.forgiven, old.next_attempt_ms,
           old.claimed_ms, old.lease_until_ms, old.finished_ms, first.started_ms,
           first.finished_ms, first.http_status, first.address, first.dns_us, first.connect_us,
           first.tls_us, first.first_byte_us, first.total_us, first.detail
    FROM old_delivery AS old LEFT JOIN old_attempt AS first
      ON first.delivery = old.id AND first.number = 1 AND first.generation = 1
     AND first.outcome = 'delivered'
    ORDER BY old.endpoint, old.event;
INSERT INTO attempt
    SELECT old.endpoint * 1099511627776 + old.event, number, old_attempt.generation, started_ms,
           old_attempt.finished_ms, outcome, http_status, address, dns_us, connect_us, tls_us,
           first_byte_us, total_us, detail
    FROM old_attempt JOIN old_delivery AS old ON old.id = old_attempt.delivery
    WHERE NOT (number = 1 AND old_attempt.generation = 1 AND outcome = 'delivered')
    ORDER BY 1, 2;
UPDATE endpoint SET backlog_to = id * 1099511627776 + coalesce(
    (SELECT max(event) FROM old_delivery WHERE endpoint = endpoint.id AND id <= backlog_to), 0)
    WHERE backlog_to > 0;

DROP TABLE old_attempt;
DROP TABLE old_delivery;
