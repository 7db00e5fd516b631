-- What goes with time stands in monthly partitions, which ledger/postgres_partitions.h makes and
-- drops; what stays as long as its payment, dedup keys above all, does not. What belongs to no
-- partition (yet, or because it is still wanted) stands in the one without bounds.
CREATE TABLE notification_body (
    notification bigint NOT NULL,  -- Its row in notification.
    received_ms  bigint NOT NULL,
    headers      text   NOT NULL,
    body         bytea  NOT NULL,
    PRIMARY KEY (notification, received_ms)
) PARTITION BY RANGE (received_ms);
CREATE TABLE notification_body_rest PARTITION OF notification_body DEFAULT;
INSERT INTO notification_body SELECT id, received_ms, headers, body FROM notification;
ALTER TABLE notification DROP COLUMN headers, DROP COLUMN body;

ALTER TABLE attempt RENAME TO old_attempt;
ALTER INDEX attempt_pkey RENAME TO old_attempt_pkey;
CREATE TABLE attempt (
    delivery      bigint NOT NULL REFERENCES delivery (id),
    number        bigint NOT NULL,  -- Single in its delivery: see PostgresOutbox::finish_attempt().
    generation    bigint NOT NULL DEFAULT 1,
    started_ms    bigint NOT NULL,
    finished_ms   bigint,           -- Absent when its process died in it.
    outcome       text   NOT NULL,
    http_status   bigint,
    address       text   NOT NULL DEFAULT '',
    dns_us        bigint,
    connect_us    bigint,
    tls_us        bigint,
    first_byte_us bigint,
    total_us      bigint,
    detail        text   NOT NULL DEFAULT '',  -- The first part of the answer, or the error.
    PRIMARY KEY (delivery, number, started_ms)
) PARTITION BY RANGE (started_ms);
CREATE TABLE attempt_rest PARTITION OF attempt DEFAULT;
INSERT INTO attempt SELECT * FROM old_attempt;
DROP TABLE old_attempt CASCADE;

-- Events were removed up to this number, but for those that are still wanted. Whoever removes holds
-- this row until he commits.
CREATE TABLE removed_events (
    id   integer PRIMARY KEY CHECK (id = 1),
    last bigint  NOT NULL
);
INSERT INTO removed_events VALUES (1, 0);
