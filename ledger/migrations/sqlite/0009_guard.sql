-- Its one row says that this ledger is a backup's copy: since then money has moved that it knows nothing
-- of. An operator ends that.
CREATE TABLE guard (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    since_ms INTEGER NOT NULL
) STRICT;
