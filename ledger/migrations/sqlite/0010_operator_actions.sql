-- What operators have done: written before an action begins, completed after it.
CREATE TABLE operator_action (
    id          INTEGER PRIMARY KEY,
    action_id   TEXT    NOT NULL UNIQUE,
    operator    TEXT    NOT NULL,
    role        TEXT    NOT NULL,
    action      TEXT    NOT NULL,
    target      TEXT    NOT NULL,
    request_id  TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    before_json TEXT,              -- The object as it was.
    after_json  TEXT,              -- The answer.
    status      INTEGER,           -- Of the answer; absent: what became of it is not known.
    at_ms       INTEGER NOT NULL,
    finished_ms INTEGER
) STRICT;
CREATE INDEX operator_action_target ON operator_action (target, action_id);

-- A refund is looked for by its number alone; open differences are counted.
CREATE INDEX refund_number ON refund (out_request_no);
CREATE INDEX difference_open ON difference (id) WHERE status = 'open';
