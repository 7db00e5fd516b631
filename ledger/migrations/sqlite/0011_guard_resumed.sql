-- When a gateway first began on the copy. Until then money moved unseen; from then on the ledger hears of all
-- there is.
ALTER TABLE guard ADD COLUMN resumed_ms INTEGER;
