ALTER TABLE log.heads
    ADD COLUMN outcomes bigint NOT NULL DEFAULT 0,        -- how many rows of log.outcomes the book has
    ADD COLUMN outcome_leaf bytea NOT NULL DEFAULT '',    -- the hash of the last of them
    ADD COLUMN opening_day date NOT NULL DEFAULT '0001-01-01', -- the first open day that the book was made with
    ADD COLUMN leaf bytea;
ALTER TABLE log.outcomes ADD COLUMN number bigint, ADD COLUMN leaf bytea;
ALTER TABLE log.directory ADD COLUMN leaf bytea;
ALTER TABLE log.identity ADD COLUMN leaf bytea;
