-- What Alipay sent goes after some time; what it was about, and its dedup key, stays as long as the
-- payment. So the two stand apart, and what goes is whole pages.
CREATE TABLE notification_body (
    notification INTEGER PRIMARY KEY,  -- Its row in notification.
    received_ms  INTEGER NOT NULL,
    headers      TEXT    NOT NULL,
    body         BLOB    NOT NULL
) STRICT;
INSERT INTO notification_body SELECT id, received_ms, headers, body FROM notification;
ALTER TABLE notification DROP COLUMN headers;
ALTER TABLE notification DROP COLUMN body;

-- Events were removed up to this number, but for those that are still wanted.
CREATE TABLE removed_events (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    last INTEGER NOT NULL
) STRICT;
INSERT INTO removed_events VALUES (1, 0);

-- An event goes with its deliveries, which are found by its number: to look for others that refer to
-- it SQLite would read all deliveries. What the rows hold does not change (see 0005).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'INTEGER NOT NULL REFERENCES event (id)',
                                       'INTEGER NOT NULL')
    WHERE type = 'table' AND name = 'delivery';
PRAGMA writable_schema = RESET;
