-- One day of one merchant, compared with Alipay's bills. Counts that are facts of the ledger
-- (repaired, opened) grow with the units that make them true, so that a crash falsifies none.
CREATE TABLE reconciliation (
    id                INTEGER PRIMARY KEY,
    reconciliation_id TEXT    NOT NULL UNIQUE,
    seller_id         TEXT    NOT NULL,
    bill_date         TEXT    NOT NULL,  -- A day in GMT+8: "2026-11-11".
    status            TEXT    NOT NULL
                      CHECK (status = 'running' OR status = 'complete' OR status = 'failed'),
    bill_sha256       TEXT,              -- Of the bill's files, in their order.
    runs              INTEGER NOT NULL DEFAULT 0,
    repaired          INTEGER NOT NULL DEFAULT 0,
    opened            INTEGER NOT NULL DEFAULT 0,
    summary           TEXT,              -- JSON: what the last run that ended found.
    failure           TEXT,
    started_ms        INTEGER NOT NULL,
    finished_ms       INTEGER,
    UNIQUE (seller_id, bill_date)
) STRICT;

-- A payment (refund = 0) or refund of ours near midnight whose line may stand in the neighbouring
-- day's bill: kept until that bill has been read.
CREATE TABLE day_boundary (
    id          INTEGER PRIMARY KEY,
    payment     INTEGER NOT NULL REFERENCES payment (id),
    refund      INTEGER NOT NULL DEFAULT 0,
    seller_id   TEXT    NOT NULL,
    ledger_date TEXT    NOT NULL,
    bill_date   TEXT,              -- The day in whose bill its line was found.
    status      TEXT    NOT NULL CHECK (status = 'kept' OR status = 'settled' OR status = 'opened'),
    UNIQUE (payment, refund)
) STRICT;
CREATE INDEX day_boundary_kept ON day_boundary (seller_id, ledger_date) WHERE status = 'kept';

CREATE INDEX payment_paid ON payment (seller_id, paid_ms, id) WHERE paid_ms IS NOT NULL;
CREATE INDEX refund_succeeded ON refund (COALESCE(refunded_ms, updated_ms), id)
    WHERE status = 'succeeded';
