-- One payment is one try to have one order paid. Amounts are fen, times are UTC milliseconds.
CREATE TABLE payment (
    id               INTEGER PRIMARY KEY,
    payment_id       TEXT    NOT NULL UNIQUE,
    app              TEXT    NOT NULL,
    out_trade_no     TEXT    NOT NULL,
    seller_id        TEXT    NOT NULL,
    status           TEXT    NOT NULL CHECK (status IN ('pending', 'unknown', 'closing', 'paid',
                                                        'finished', 'refunded', 'closed', 'failed')),
    version          INTEGER NOT NULL CHECK (version > 0),
    product          TEXT    NOT NULL,
    amount_fen       INTEGER NOT NULL CHECK (amount_fen > 0),
    subject          TEXT    NOT NULL,
    order_no         TEXT,
    metadata         TEXT,             -- The caller's JSON object, echoed in events.
    trade_no         TEXT    UNIQUE,   -- Alipay's number, bound by the first signed evidence.
    created_ms       INTEGER NOT NULL,
    updated_ms       INTEGER NOT NULL,
    expires_ms       INTEGER NOT NULL,
    paid_ms          INTEGER,
    next_sweep_ms    INTEGER,          -- When somebody must look at it again.
    calling_until_ms INTEGER,          -- A call to Alipay for it is under way until then.
    late             INTEGER NOT NULL DEFAULT 0 CHECK (late IN (0, 1)),
    surplus          INTEGER NOT NULL DEFAULT 0 CHECK (surplus IN (0, 1)),
    held             INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)),
    close_requested  INTEGER NOT NULL DEFAULT 0 CHECK (close_requested IN (0, 1)),
    failure          TEXT,             -- Why it failed, in Alipay's words.
    UNIQUE (app, out_trade_no),
    UNIQUE (seller_id, out_trade_no)   -- Alipay's numbers are unique per merchant, not per app.
) STRICT;
CREATE INDEX payment_order ON payment (app, order_no) WHERE order_no IS NOT NULL;
CREATE INDEX payment_due ON payment (next_sweep_ms) WHERE next_sweep_ms IS NOT NULL;

-- What was asked and what the caller does next. Apart from payment, because a notification changes
-- the payment's row and should not have to copy a kilobyte of action with it.
CREATE TABLE payment_request (
    payment     INTEGER PRIMARY KEY REFERENCES payment (id),
    fingerprint TEXT NOT NULL,  -- The fields that make a repeat the same request, as JSON.
    return_url  TEXT,
    action      TEXT            -- JSON; absent until a call has given it.
) STRICT;

CREATE TABLE transition (
    id          INTEGER PRIMARY KEY,
    payment     INTEGER NOT NULL REFERENCES payment (id),
    version     INTEGER NOT NULL,  -- The payment's version after it.
    from_status TEXT,              -- Absent for the first.
    to_status   TEXT    NOT NULL,
    cause       TEXT    NOT NULL CHECK (cause IN ('api', 'notification', 'query', 'bill', 'timer',
                                                  'operator')),
    cause_id    TEXT    NOT NULL,
    request_id  TEXT    NOT NULL,
    at_ms       INTEGER NOT NULL,
    UNIQUE (payment, version)
) STRICT;

CREATE TABLE refund (
    id             INTEGER PRIMARY KEY,
    refund_id      TEXT    NOT NULL UNIQUE,
    payment        INTEGER NOT NULL REFERENCES payment (id),
    out_request_no TEXT    NOT NULL,
    status         TEXT    NOT NULL CHECK (status IN ('requested', 'processing', 'unknown',
                                                      'succeeded', 'failed')),
    version        INTEGER NOT NULL CHECK (version > 0),
    amount_fen     INTEGER NOT NULL CHECK (amount_fen > 0),
    origin         TEXT    NOT NULL CHECK (origin IN ('api', 'external', 'cancel', 'policy')),
    reason         TEXT,
    created_ms     INTEGER NOT NULL,
    updated_ms     INTEGER NOT NULL,
    next_sweep_ms  INTEGER,
    UNIQUE (payment, out_request_no)
) STRICT;

-- The inbox and dedup table. notify_id is filled for verified notifications only, so a forged one
-- can never take the place of the real one; unverified ones are a bounded ring per app.
CREATE TABLE notification (
    id            INTEGER PRIMARY KEY,
    app           TEXT    NOT NULL,
    notify_id     TEXT,
    payment       INTEGER REFERENCES payment (id),
    kind          TEXT    NOT NULL,
    out_trade_no  TEXT,
    trade_no      TEXT,
    trade_status  TEXT,
    refund_fee    TEXT,
    out_biz_no    TEXT,
    gmt_refund    TEXT,
    send_back_fee TEXT,
    dback_status  TEXT,
    verdict       TEXT    NOT NULL CHECK (verdict IN ('accepted', 'stale', 'ignored', 'rejected')),
    reason        TEXT,
    hint          TEXT,
    received_ms   INTEGER NOT NULL,
    headers       TEXT    NOT NULL,
    body          BLOB    NOT NULL,
    UNIQUE (app, notify_id)
) STRICT;
CREATE INDEX notification_payment ON notification (payment) WHERE payment IS NOT NULL;

CREATE TABLE difference (
    id            INTEGER PRIMARY KEY,
    difference_id TEXT    NOT NULL UNIQUE,
    app           TEXT    NOT NULL,
    class         TEXT    NOT NULL,
    trade_no      TEXT    NOT NULL,
    payment       INTEGER REFERENCES payment (id),
    notification  INTEGER REFERENCES notification (id),
    evidence      TEXT    NOT NULL,
    status        TEXT    NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'settled')),
    settlement    TEXT,
    opened_ms     INTEGER NOT NULL,
    settled_ms    INTEGER,
    UNIQUE (app, trade_no, class)
) STRICT;

CREATE INDEX difference_notification ON difference (notification) WHERE notification IS NOT NULL;

CREATE TABLE event (
    id          INTEGER PRIMARY KEY,
    event_id    TEXT    NOT NULL UNIQUE,
    app         TEXT    NOT NULL,
    type        TEXT    NOT NULL,
    payment     INTEGER REFERENCES payment (id),
    version     INTEGER,
    payload     TEXT    NOT NULL,
    created_ms  INTEGER NOT NULL,
    publication INTEGER UNIQUE  -- Given after the commit by one claimer.
) STRICT;

CREATE TABLE endpoint (
    id      TEXT    NOT NULL PRIMARY KEY,
    url     TEXT    NOT NULL,
    origin  TEXT    NOT NULL CHECK (origin IN ('config', 'api')),
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1))
) STRICT;

CREATE TABLE endpoint_app (
    app      TEXT NOT NULL,
    endpoint TEXT NOT NULL REFERENCES endpoint (id),
    PRIMARY KEY (app, endpoint)
) STRICT;

CREATE TABLE delivery (
    id              INTEGER PRIMARY KEY,
    event           INTEGER NOT NULL REFERENCES event (id),
    endpoint        TEXT    NOT NULL REFERENCES endpoint (id),
    status          TEXT    NOT NULL CHECK (status IN ('pending', 'delivered', 'spent')),
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_ms INTEGER NOT NULL,
    lease_until_ms  INTEGER,
    UNIQUE (event, endpoint)
) STRICT;
CREATE INDEX delivery_due ON delivery (next_attempt_ms) WHERE status = 'pending';

CREATE TABLE attempt (
    id          INTEGER PRIMARY KEY,
    delivery    INTEGER NOT NULL REFERENCES delivery (id),
    number      INTEGER NOT NULL,
    started_ms  INTEGER NOT NULL,
    finished_ms INTEGER,
    outcome     TEXT,     -- Absent while under way, or when the process died in it.
    http_status INTEGER,
    address     TEXT,
    detail      TEXT,
    UNIQUE (delivery, number)
) STRICT;

CREATE TABLE idempotency (
    id               INTEGER PRIMARY KEY,
    caller           TEXT    NOT NULL,
    key              TEXT    NOT NULL,
    fingerprint      TEXT    NOT NULL,
    running_until_ms INTEGER,           -- The first one is still at work until then.
    status           INTEGER,           -- The stored answer; absent until it is final.
    headers          TEXT,
    body             TEXT,
    created_ms       INTEGER NOT NULL,
    expires_ms       INTEGER NOT NULL,
    UNIQUE (caller, key)
) STRICT;
CREATE INDEX idempotency_expiry ON idempotency (expires_ms);

-- One row, written again and again when the disk has failed, to learn when it is well.
CREATE TABLE heartbeat (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE submit_token (
    id           INTEGER PRIMARY KEY,
    token_sha256 TEXT    NOT NULL UNIQUE,
    caller       TEXT    NOT NULL,
    created_ms   INTEGER NOT NULL,
    expires_ms   INTEGER NOT NULL,
    payment      INTEGER REFERENCES payment (id)
) STRICT;
