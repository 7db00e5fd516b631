-- What is written for one payment lies together in the index: a notify_id alone is spread over all of it, so
-- the order's number goes before it.
DROP INDEX notification_once;
CREATE UNIQUE INDEX notification_once ON notification (app, coalesce(out_trade_no, ''), notify_id)
    WHERE notify_id IS NOT NULL;
