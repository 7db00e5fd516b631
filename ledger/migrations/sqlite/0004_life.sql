-- What ends payments and refunds: closes that become cancels, what is proved of each refund, reports of
-- refunds that are not ours yet, and an order for differences.
ALTER TABLE payment ADD COLUMN cancelling INTEGER NOT NULL DEFAULT 0 CHECK (cancelling IN (0, 1));

ALTER TABLE refund ADD COLUMN calling_until_ms INTEGER;  -- A call for it is under way until then.
ALTER TABLE refund ADD COLUMN open_call INTEGER NOT NULL DEFAULT 0 CHECK (open_call IN (0, 1));
ALTER TABLE refund ADD COLUMN ambiguous INTEGER NOT NULL DEFAULT 0 CHECK (ambiguous IN (0, 1));
ALTER TABLE refund ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE refund ADD COLUMN last_attempt_ms INTEGER;
ALTER TABLE refund ADD COLUMN empty_queries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE refund ADD COLUMN first_empty_ms INTEGER;
ALTER TABLE refund ADD COLUMN query_next INTEGER NOT NULL DEFAULT 0 CHECK (query_next IN (0, 1));
ALTER TABLE refund ADD COLUMN failure TEXT;              -- The last refusal, in Alipay's words.
ALTER TABLE refund ADD COLUMN refunded_ms INTEGER;
ALTER TABLE refund ADD COLUMN deposit_back TEXT;         -- JSON: what became of it at the buyer's bank.
CREATE INDEX refund_due ON refund (next_sweep_ms) WHERE next_sweep_ms IS NOT NULL;

CREATE TABLE refund_transition (
    id          INTEGER PRIMARY KEY,
    refund      INTEGER NOT NULL REFERENCES refund (id),
    version     INTEGER NOT NULL,  -- The refund's version after it.
    from_status TEXT,              -- Absent for the first.
    to_status   TEXT    NOT NULL,
    cause       TEXT    NOT NULL CHECK (cause IN ('api', 'notification', 'query', 'bill', 'timer',
                                                  'operator')),
    cause_id    TEXT    NOT NULL,
    request_id  TEXT    NOT NULL,
    at_ms       INTEGER NOT NULL,
    UNIQUE (refund, version)
) STRICT;

-- A refund that a notification tells of under a number that is not ours: a refund once a query
-- proves it.
CREATE TABLE refund_report (
    id               INTEGER PRIMARY KEY,
    payment          INTEGER NOT NULL REFERENCES payment (id),
    out_request_no   TEXT    NOT NULL,
    reported_ms      INTEGER NOT NULL,
    next_sweep_ms    INTEGER,           -- Absent: there is nothing left to ask.
    calling_until_ms INTEGER,
    queries          INTEGER NOT NULL DEFAULT 0,
    UNIQUE (payment, out_request_no)
) STRICT;
CREATE INDEX refund_report_due ON refund_report (next_sweep_ms) WHERE next_sweep_ms IS NOT NULL;

CREATE INDEX difference_payment ON difference (payment) WHERE payment IS NOT NULL;
