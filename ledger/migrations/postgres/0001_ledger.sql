-- The ledger, as the SQLite schema has it (migrations/sqlite), in PostgreSQL's words. Amounts are
-- fen, times are UTC milliseconds, flags are 0 or 1.
--
-- Two things differ. Processes commit side by side, so that an event's row does not tell when it was
-- committed: its publication number is a column. And unique keys that change while others refer to
-- the row are partial, since PostgreSQL would otherwise lock those others out.

-- A statement that must write one row is wrapped into this: if it has not, nothing behind it runs.
CREATE FUNCTION demand_one(written bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    IF written <> 1 THEN
        RAISE EXCEPTION 'the row is no longer as it was read' USING ERRCODE = 'TG001';
    END IF;
    RETURN written;
END $$;

-- One row for each process that writes: the last batch that it has committed. When a connection
-- breaks during a COMMIT, this says what became of it.
CREATE TABLE writer (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch   bigint NOT NULL,
    seen_ms bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE payment (
    id               bigint PRIMARY KEY,  -- From payment_row, a block at a time.
    payment_id       text   NOT NULL UNIQUE,
    app              text   NOT NULL,
    out_trade_no     text   NOT NULL,
    seller_id        text   NOT NULL,
    status           text   NOT NULL CHECK (status IN ('pending', 'unknown', 'closing', 'paid',
                                                       'finished', 'refunded', 'closed', 'failed')),
    version          bigint NOT NULL CHECK (version > 0),
    product          text   NOT NULL,
    amount_fen       bigint NOT NULL CHECK (amount_fen > 0),
    subject          text   NOT NULL,
    order_no         text,
    metadata         text,             -- The caller's JSON object, echoed in events.
    trade_no         text,             -- Alipay's number, bound by the first signed evidence.
    created_ms       bigint NOT NULL,
    updated_ms       bigint NOT NULL,
    expires_ms       bigint NOT NULL,
    paid_ms          bigint,
    next_sweep_ms    bigint,           -- When somebody must look at it again.
    calling_until_ms bigint,           -- A call to Alipay for it is under way until then.
    late             smallint NOT NULL DEFAULT 0 CHECK (late IN (0, 1)),
    surplus          smallint NOT NULL DEFAULT 0 CHECK (surplus IN (0, 1)),
    held             smallint NOT NULL DEFAULT 0 CHECK (held IN (0, 1)),
    close_requested  smallint NOT NULL DEFAULT 0 CHECK (close_requested IN (0, 1)),
    cancelling       smallint NOT NULL DEFAULT 0 CHECK (cancelling IN (0, 1)),
    failure          text,             -- Why it failed, in Alipay's words.
    UNIQUE (app, out_trade_no),
    UNIQUE (seller_id, out_trade_no)   -- Alipay's numbers are unique per merchant, not per app.
) WITH (fillfactor = 80);
CREATE SEQUENCE payment_row OWNED BY payment.id;
CREATE UNIQUE INDEX payment_trade_no ON payment (trade_no) WHERE trade_no IS NOT NULL;
CREATE INDEX payment_order ON payment (app, order_no) WHERE order_no IS NOT NULL;
CREATE INDEX payment_due ON payment (next_sweep_ms) WHERE next_sweep_ms IS NOT NULL;
CREATE INDEX payment_paid ON payment (seller_id, paid_ms, id) WHERE paid_ms IS NOT NULL;

-- What was asked and what the caller does next. Apart from payment, because a notification changes
-- the payment's row and should not have to copy a kilobyte of action with it.
CREATE TABLE payment_request (
    payment     bigint PRIMARY KEY REFERENCES payment (id),
    fingerprint text NOT NULL,  -- The fields that make a repeat the same request, as JSON.
    return_url  text,
    action      text            -- JSON; absent until a call has given it.
);

CREATE TABLE transition (
    payment     bigint NOT NULL REFERENCES payment (id),
    version     bigint NOT NULL,  -- The payment's version after it.
    from_status text,             -- Absent for the first.
    to_status   text   NOT NULL,
    cause       text   NOT NULL CHECK (cause IN ('api', 'notification', 'query', 'bill', 'timer',
                                                 'operator')),
    cause_id    text   NOT NULL,
    request_id  text   NOT NULL,
    at_ms       bigint NOT NULL,
    PRIMARY KEY (payment, version)
);

CREATE TABLE refund (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    refund_id        text   NOT NULL UNIQUE,
    payment          bigint NOT NULL REFERENCES payment (id),
    out_request_no   text   NOT NULL,
    status           text   NOT NULL CHECK (status IN ('requested', 'processing', 'unknown',
                                                       'succeeded', 'failed')),
    version          bigint NOT NULL CHECK (version > 0),
    amount_fen       bigint NOT NULL CHECK (amount_fen > 0),
    origin           text   NOT NULL CHECK (origin IN ('api', 'external', 'cancel', 'policy')),
    reason           text,
    created_ms       bigint NOT NULL,
    updated_ms       bigint NOT NULL,
    next_sweep_ms    bigint,
    calling_until_ms bigint,           -- A call for it is under way until then.
    open_call        smallint NOT NULL DEFAULT 0 CHECK (open_call IN (0, 1)),
    ambiguous        smallint NOT NULL DEFAULT 0 CHECK (ambiguous IN (0, 1)),
    attempts         bigint NOT NULL DEFAULT 0,
    last_attempt_ms  bigint,
    empty_queries    bigint NOT NULL DEFAULT 0,
    first_empty_ms   bigint,
    query_next       smallint NOT NULL DEFAULT 0 CHECK (query_next IN (0, 1)),
    failure          text,             -- The last refusal, in Alipay's words.
    refunded_ms      bigint,
    deposit_back     text,             -- JSON: what became of it at the buyer's bank.
    UNIQUE (payment, out_request_no)
);
CREATE INDEX refund_due ON refund (next_sweep_ms) WHERE next_sweep_ms IS NOT NULL;
CREATE INDEX refund_succeeded ON refund (COALESCE(refunded_ms, updated_ms), id)
    WHERE status = 'succeeded';

CREATE TABLE refund_transition (
    refund      bigint NOT NULL REFERENCES refund (id),
    version     bigint NOT NULL,
    from_status text,
    to_status   text   NOT NULL,
    cause       text   NOT NULL CHECK (cause IN ('api', 'notification', 'query', 'bill', 'timer',
                                                 'operator')),
    cause_id    text   NOT NULL,
    request_id  text   NOT NULL,
    at_ms       bigint NOT NULL,
    PRIMARY KEY (refund, version)
);

-- A refund that a notification tells of under a number that is not ours: a refund once a query
-- proves it.
CREATE TABLE refund_report (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment          bigint NOT NULL REFERENCES payment (id),
    out_request_no   text   NOT NULL,
    reported_ms      bigint NOT NULL,
    next_sweep_ms    bigint,           -- Absent: there is nothing left to ask.
    calling_until_ms bigint,
    queries          bigint NOT NULL DEFAULT 0,
    UNIQUE (payment, out_request_no)
);
CREATE INDEX refund_report_due ON refund_report (next_sweep_ms) WHERE next_sweep_ms IS NOT NULL;

-- The inbox and dedup table. notify_id is filled for verified notifications only, so a forged one
-- can never take the place of the real one; unverified ones are a bounded ring per app.
CREATE TABLE notification (
    id            bigint PRIMARY KEY,  -- From notification_row, a block at a time.
    app           text   NOT NULL,
    notify_id     text,
    payment       bigint REFERENCES payment (id),
    kind          text   NOT NULL,
    out_trade_no  text,
    trade_no      text,
    trade_status  text,
    refund_fee    text,
    out_biz_no    text,
    gmt_refund    text,
    send_back_fee text,
    dback_status  text,
    verdict       text   NOT NULL CHECK (verdict IN ('accepted', 'stale', 'ignored', 'rejected')),
    reason        text,
    hint          text,
    received_ms   bigint NOT NULL,
    headers       text   NOT NULL,
    body          bytea  NOT NULL
);
CREATE SEQUENCE notification_row OWNED BY notification.id;
CREATE UNIQUE INDEX notification_once ON notification (app, notify_id) WHERE notify_id IS NOT NULL;
CREATE INDEX notification_ring ON notification (app, id) WHERE notify_id IS NULL;
CREATE INDEX notification_payment ON notification (payment) WHERE payment IS NOT NULL;

CREATE TABLE difference (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    difference_id text   NOT NULL UNIQUE,
    app           text   NOT NULL,
    class         text   NOT NULL,
    trade_no      text   NOT NULL,
    payment       bigint REFERENCES payment (id),
    notification  bigint REFERENCES notification (id),
    evidence      text   NOT NULL,
    status        text   NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'settled')),
    settlement    text,
    opened_ms     bigint NOT NULL,
    settled_ms    bigint,
    UNIQUE (app, trade_no, class)
);
CREATE INDEX difference_notification ON difference (notification) WHERE notification IS NOT NULL;
CREATE INDEX difference_payment ON difference (payment) WHERE payment IS NOT NULL;

CREATE TABLE endpoint (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint_id      text   NOT NULL UNIQUE,
    origin           text   NOT NULL CHECK (origin IN ('config', 'api')),
    url              text   NOT NULL,
    description      text   NOT NULL DEFAULT '',
    apps             text   NOT NULL DEFAULT '',    -- One a line; none: every app.
    event_types      text   NOT NULL DEFAULT '',    -- Patterns, one a line; none: every type.
    rules            text   NOT NULL DEFAULT '{}',  -- JSON; its reader is config/delivery_rules.
    status           text   NOT NULL CHECK (status IN ('enabled', 'parked', 'removed')),
    parked_reason    text,
    parked_ms        bigint,
    failing_since_ms bigint,                        -- Of the failures in a row, the first.
    open_until_ms    bigint,                        -- The breaker is open; absent: closed.
    openings         bigint NOT NULL DEFAULT 0,     -- In a row, without a success between them.
    backlog_to       bigint NOT NULL DEFAULT 0,     -- Deliveries up to this row are backlog.
    version          bigint NOT NULL,               -- Grows over all endpoints: a cursor of changes.
    created_ms       bigint NOT NULL,
    updated_ms       bigint NOT NULL
);
CREATE UNIQUE INDEX endpoint_version ON endpoint (version) WHERE version > 0;

-- Whoever changes an endpoint holds this row until he commits: versions are in the order of commits.
CREATE TABLE endpoint_change (
    id   integer PRIMARY KEY CHECK (id = 1),
    last bigint  NOT NULL
);
INSERT INTO endpoint_change VALUES (1, 0);

-- Secrets of endpoints made through the API. Those of configured ones stay in their files.
CREATE TABLE endpoint_secret (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint   bigint NOT NULL REFERENCES endpoint (id),
    secret     text   NOT NULL,
    created_ms bigint NOT NULL,
    expires_ms bigint              -- Absent: the one that is current.
);
CREATE INDEX endpoint_secret_of ON endpoint_secret (endpoint);

-- Its row is taken when it is written, so that a payment's events stand in the order in which they
-- happened; its publication number when it is found to be committed.
CREATE TABLE event (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id      text   NOT NULL UNIQUE,
    app           text   NOT NULL,
    type          text   NOT NULL,
    payment       bigint REFERENCES payment (id),
    version       bigint,
    payload       text   NOT NULL,
    created_ms    bigint NOT NULL,
    only_endpoint bigint REFERENCES endpoint (id),  -- A test of it; it has no place in the cursor.
    publication   bigint
) WITH (fillfactor = 60);
CREATE INDEX event_unpublished ON event (id) WHERE publication IS NULL;
CREATE UNIQUE INDEX event_publication ON event (publication) WHERE publication IS NOT NULL;

-- The last number that was given. Whoever gives numbers holds this row until he commits.
CREATE TABLE publication (
    id   integer PRIMARY KEY CHECK (id = 1),
    last bigint  NOT NULL
);
INSERT INTO publication VALUES (1, 0);

-- The row is the endpoint's times 2^40, and the event's publication number: single by itself, an
-- endpoint's stand together in the order of their events, and an event's are found with one step each.
CREATE TABLE delivery (
    id              bigint PRIMARY KEY,
    event           bigint NOT NULL,               -- Its publication number.
    endpoint        bigint NOT NULL REFERENCES endpoint (id),
    ordered_by      bigint,                        -- The payment, for endpoints that want order.
    status          text   NOT NULL CHECK (status IN ('pending', 'delivered', 'spent', 'cancelled')),
    generation      bigint NOT NULL DEFAULT 1,     -- Each redelivery begins a new one.
    attempts        bigint NOT NULL DEFAULT 0,
    forgiven        bigint NOT NULL DEFAULT 0,     -- Of these, how many the budget does not count.
    next_attempt_ms bigint NOT NULL,
    claimed_ms      bigint,                        -- Since when an attempt is under way.
    lease_until_ms  bigint,                        -- Until when it is its claimer's alone.
    finished_ms     bigint,
    -- The first attempt, when it was the one that brought it there; every other stands in attempt.
    first_started_ms    bigint,
    first_finished_ms   bigint,
    first_http_status   bigint,
    first_address       text,
    first_dns_us        bigint,
    first_connect_us    bigint,
    first_tls_us        bigint,
    first_first_byte_us bigint,
    first_total_us      bigint,
    first_detail        text,
    CHECK (id = endpoint * 1099511627776 + event AND event BETWEEN 1 AND 1099511627775)
) WITH (fillfactor = 70);
CREATE INDEX delivery_fresh ON delivery (endpoint, id) WHERE status = 'pending' AND attempts = 0;
CREATE INDEX delivery_again ON delivery (endpoint, next_attempt_ms)
    WHERE status = 'pending' AND attempts > 0;
CREATE INDEX delivery_in_order ON delivery (endpoint, ordered_by, id)
    WHERE status = 'pending' AND ordered_by IS NOT NULL;
CREATE INDEX delivery_given_up ON delivery (endpoint, id) WHERE status IN ('spent', 'cancelled');

CREATE TABLE attempt (
    delivery      bigint NOT NULL REFERENCES delivery (id),
    number        bigint NOT NULL,
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
    PRIMARY KEY (delivery, number)
);

CREATE TABLE idempotency (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    caller           text   NOT NULL,
    key              text   NOT NULL,
    fingerprint      text   NOT NULL,
    running_until_ms bigint,           -- The first one is still at work until then.
    status           bigint,           -- The stored answer; absent until it is final.
    headers          text   NOT NULL DEFAULT '',
    body             text   NOT NULL DEFAULT '',
    created_ms       bigint NOT NULL,
    expires_ms       bigint NOT NULL,
    UNIQUE (caller, key)
);
CREATE INDEX idempotency_expiry ON idempotency (expires_ms);

CREATE TABLE submit_token (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_sha256 text   NOT NULL UNIQUE,
    caller       text   NOT NULL,
    created_ms   bigint NOT NULL,
    expires_ms   bigint NOT NULL,
    payment      bigint REFERENCES payment (id)
);
CREATE INDEX submit_token_expiry ON submit_token (expires_ms);

-- One day of one merchant, compared with Alipay's bills. Counts that are facts of the ledger
-- (repaired, opened) grow with the units that make them true, so that a crash falsifies none.
CREATE TABLE reconciliation (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reconciliation_id text   NOT NULL UNIQUE,
    seller_id         text   NOT NULL,
    bill_date         text   NOT NULL,  -- A day in GMT+8: "2026-11-11".
    status            text   NOT NULL CHECK (status IN ('running', 'complete', 'failed')),
    bill_sha256       text,             -- Of the bill's files, in their order.
    runs              bigint NOT NULL DEFAULT 0,
    repaired          bigint NOT NULL DEFAULT 0,
    opened            bigint NOT NULL DEFAULT 0,
    summary           text,             -- JSON: what the last run that ended found.
    failure           text,
    started_ms        bigint NOT NULL,
    finished_ms       bigint,
    UNIQUE (seller_id, bill_date)
);

-- Which process compares a day: the others leave it to it until then.
CREATE TABLE reconciliation_turn (
    seller_id text   NOT NULL,
    bill_date text   NOT NULL,
    holder    bigint NOT NULL,  -- Its row in writer.
    until_ms  bigint NOT NULL,
    PRIMARY KEY (seller_id, bill_date)
);

-- A payment (refund = 0) or refund of ours near midnight whose line may stand in the neighbouring
-- day's bill: kept until that bill has been read.
CREATE TABLE day_boundary (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment     bigint NOT NULL REFERENCES payment (id),
    refund      bigint NOT NULL DEFAULT 0,
    seller_id   text   NOT NULL,
    ledger_date text   NOT NULL,
    bill_date   text,              -- The day in whose bill its line was found.
    status      text   NOT NULL CHECK (status IN ('kept', 'settled', 'opened')),
    UNIQUE (payment, refund)
);
CREATE INDEX day_boundary_kept ON day_boundary (seller_id, ledger_date) WHERE status = 'kept';

-- Money that is frozen first and taken, or let go, later: try, confirm, cancel.
CREATE TABLE preauthorisation (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    preauthorisation_id text NOT NULL UNIQUE,
    app              text   NOT NULL,
    out_auth_no      text   NOT NULL,
    seller_id        text   NOT NULL,
    status           text   NOT NULL CHECK (status IN ('trying', 'frozen', 'confirming', 'confirmed',
                                                       'cancelling', 'cancelled', 'failed')),
    version          bigint NOT NULL CHECK (version > 0),
    product          text   NOT NULL,
    amount_fen       bigint NOT NULL CHECK (amount_fen >= 0),  -- 0: cancelled before it was tried.
    subject          text   NOT NULL,
    fingerprint      text   NOT NULL,
    action           text,             -- JSON; absent until a call has given it.
    capture_fen      bigint CHECK (capture_fen > 0 AND capture_fen <= amount_fen),
    auth_no          text,             -- Alipay's number; with frozen_ms, from a signed answer.
    payer_id         text,
    payment          bigint REFERENCES payment (id),  -- What the confirm has paid.
    created_ms       bigint NOT NULL,
    updated_ms       bigint NOT NULL,
    expires_ms       bigint NOT NULL,
    frozen_ms        bigint,
    next_sweep_ms    bigint,           -- When somebody must see to it again.
    calling_until_ms bigint,           -- One of us sees to it until then.
    ask_next         smallint NOT NULL DEFAULT 0 CHECK (ask_next IN (0, 1)),
    refused          smallint NOT NULL DEFAULT 0 CHECK (refused IN (0, 1)),
    attempts         bigint NOT NULL DEFAULT 0,
    failure          text,
    UNIQUE (app, out_auth_no),
    UNIQUE (seller_id, out_auth_no)
);
CREATE INDEX preauthorisation_due ON preauthorisation (next_sweep_ms) WHERE next_sweep_ms IS NOT NULL;

CREATE TABLE preauthorisation_transition (
    preauthorisation bigint NOT NULL REFERENCES preauthorisation (id),
    version          bigint NOT NULL,
    from_status      text,
    to_status        text   NOT NULL,
    cause            text   NOT NULL CHECK (cause IN ('api', 'notification', 'query', 'bill', 'timer',
                                                      'operator')),
    cause_id         text   NOT NULL,
    request_id       text   NOT NULL,
    at_ms            bigint NOT NULL,
    PRIMARY KEY (preauthorisation, version)
);
