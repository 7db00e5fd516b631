-- Money that is frozen first and taken, or let go, later: try, confirm, cancel.
CREATE TABLE preauthorisation (
    id               INTEGER PRIMARY KEY,
    preauthorisation_id TEXT NOT NULL UNIQUE,
    app              TEXT    NOT NULL,
    out_auth_no      TEXT    NOT NULL,
    seller_id        TEXT    NOT NULL,
    status           TEXT    NOT NULL CHECK (status = 'trying' OR status = 'frozen' OR status = 'confirming'
                                               OR status = 'confirmed' OR status = 'cancelling'
                                               OR status = 'cancelled' OR status = 'failed'),
    version          INTEGER NOT NULL CHECK (version > 0),
    product          TEXT    NOT NULL,
    amount_fen       INTEGER NOT NULL CHECK (amount_fen >= 0),  -- 0: cancelled before it was tried.
    subject          TEXT    NOT NULL,
    fingerprint      TEXT    NOT NULL,
    action           TEXT,             -- JSON; absent until a call has given it.
    capture_fen      INTEGER CHECK (capture_fen > 0 AND capture_fen <= amount_fen),
    auth_no          TEXT,             -- Alipay's number; with frozen_ms, from a signed answer.
    payer_id         TEXT,
    payment          INTEGER REFERENCES payment (id),  -- What the confirm has paid.
    created_ms       INTEGER NOT NULL,
    updated_ms       INTEGER NOT NULL,
    expires_ms       INTEGER NOT NULL,
    frozen_ms        INTEGER,
    next_sweep_ms    INTEGER,          -- When somebody must see to it again.
    calling_until_ms INTEGER,          -- One of us sees to it until then.
    ask_next         INTEGER NOT NULL DEFAULT 0 CHECK (ask_next = 0 OR ask_next = 1),
    refused          INTEGER NOT NULL DEFAULT 0 CHECK (refused = 0 OR refused = 1),
    attempts         INTEGER NOT NULL DEFAULT 0,
    failure          TEXT,
    UNIQUE (app, out_auth_no),
    UNIQUE (seller_id, out_auth_no)
) STRICT;
CREATE INDEX preauthorisation_due ON preauthorisation (next_sweep_ms) WHERE next_sweep_ms IS NOT NULL;

CREATE TABLE preauthorisation_transition (
    id               INTEGER PRIMARY KEY,
    preauthorisation INTEGER NOT NULL REFERENCES preauthorisation (id),
    version          INTEGER NOT NULL,  -- Its version after it.
    from_status      TEXT,              -- Absent for the first.
    to_status        TEXT    NOT NULL,
    cause            TEXT    NOT NULL CHECK (cause = 'api' OR cause = 'notification' OR cause = 'query'
                                              OR cause = 'bill' OR cause = 'timer' OR cause = 'operator'),
    cause_id         TEXT    NOT NULL,
    request_id       TEXT    NOT NULL,
    at_ms            INTEGER NOT NULL,
    UNIQUE (preauthorisation, version)
) STRICT;
