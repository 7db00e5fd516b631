-- What is written for one payment lies together in each index, so that a batch of new ones touches few
-- pages of a large ledger. A notify_id alone is spread over all of its index: the order's number goes
-- before it. And a payment that has no trade_no yet takes no place among the trade_nos.
--
-- The two indices that go belong to UNIQUE words in their tables. With the words they become
-- indices like others, which can be dropped without writing the tables anew; what they hold is the same
-- either way (www.sqlite.org/lang_altertable.html, section 7). SQLite counts a table's own ones
-- from 1, so those after the one that goes move up.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, ',
    UNIQUE (app, notify_id)', '')
    WHERE type = 'table' AND name = 'notification';
UPDATE sqlite_schema SET name = 'old_notification_once',
    sql = 'CREATE UNIQUE INDEX old_notification_once ON notification (app, notify_id)'
    WHERE name = 'sqlite_autoindex_notification_1';
UPDATE sqlite_schema SET sql = replace(sql, 'TEXT    UNIQUE,   -- Alipay', 'TEXT,             -- Alipay')
    WHERE type = 'table' AND name = 'payment';
UPDATE sqlite_schema SET name = 'old_payment_trade_no',
    sql = 'CREATE UNIQUE INDEX old_payment_trade_no ON payment (trade_no)'
    WHERE name = 'sqlite_autoindex_payment_2';
UPDATE sqlite_schema SET name = 'sqlite_autoindex_payment_2' WHERE name = 'sqlite_autoindex_payment_3';
UPDATE sqlite_schema SET name = 'sqlite_autoindex_payment_3' WHERE name = 'sqlite_autoindex_payment_4';
PRAGMA writable_schema = RESET;

DROP INDEX old_notification_once;
CREATE UNIQUE INDEX notification_once ON notification (app, coalesce(out_trade_no, ''), notify_id)
    WHERE notify_id IS NOT NULL;
CREATE INDEX notification_ring ON notification (app) WHERE notify_id IS NULL;
DROP INDEX old_payment_trade_no;
CREATE UNIQUE INDEX payment_trade_no ON payment (trade_no) WHERE trade_no IS NOT NULL;
