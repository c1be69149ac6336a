-- The log of webhook deliveries: one row for each POST. The service deletes old rows.
CREATE TABLE delivery.attempts (
    book integer NOT NULL,                    -- of the subscription: 0
    subscription text COLLATE "C" NOT NULL,
    attempted_at timestamptz NOT NULL,        -- when the answer was known
    event_book integer NOT NULL,
    event_position bigint NOT NULL,
    attempt integer NOT NULL,                 -- counted from 1; 0 for a test
    status integer,                           -- of the answer; null if there was none
    took_ms integer NOT NULL,
    error text NOT NULL,                      -- why there was no answer
    PRIMARY KEY (book, subscription, attempted_at, event_book, event_position)
);
GRANT SELECT, INSERT, DELETE ON delivery.attempts TO redledger_app;
