-- What operators have done: written before an action begins, completed after it.
CREATE TABLE operator_action (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action_id   text   NOT NULL UNIQUE,
    operator    text   NOT NULL,
    role        text   NOT NULL,
    action      text   NOT NULL,
    target      text   NOT NULL,
    request_id  text   NOT NULL,
    reason      text   NOT NULL,
    before_json text,              -- The object as it was.
    after_json  text,              -- The answer.
    status      bigint,           -- Of the answer; absent: what became of it is not known.
    at_ms       bigint NOT NULL,
    finished_ms bigint
);
CREATE INDEX operator_action_target ON operator_action (target, action_id);

-- A refund is looked for by its number alone; open differences are counted.
CREATE INDEX refund_number ON refund (out_request_no);
CREATE INDEX difference_open ON difference (id) WHERE status = 'open';
