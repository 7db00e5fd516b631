-- Expired ones are looked for each second.
CREATE INDEX submit_token_expiry ON submit_token (expires_ms);
