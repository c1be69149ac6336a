-- Places of subscriptions, and deliveries that are not settled. They are no facts of the ledger: without them, events
-- are delivered again.

CREATE SCHEMA delivery;

-- The deliveries of one subscription in one book. Changes of its events lock this row first.
CREATE TABLE delivery.books (
    book integer NOT NULL,
    subscription text COLLATE "C" NOT NULL,
    epoch integer NOT NULL,                   -- of the ledger, when the place was set
    decided integer NOT NULL,                 -- version of the subscription's stream that is carried out here
    position bigint NOT NULL,                 -- the log was read up to here
    lease bigint NOT NULL,                    -- number of the last lease; never goes back
    member text NOT NULL,                     -- who has the book; empty if nobody
    PRIMARY KEY (book, subscription)
);

-- Wanted events up to the position of the book that are not settled. An event of a stream is never leased while an
-- earlier one stands here, except in the same lease.
CREATE TABLE delivery.events (
    book integer NOT NULL,
    subscription text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    stream text COLLATE "C" NOT NULL,
    attempts integer NOT NULL,                -- deliveries so far
    lease bigint NOT NULL,                    -- the lease that holds the event; 0 if none
    due_at timestamptz NOT NULL,              -- when the lease ends, or the event may be leased
    parked boolean NOT NULL,
    reason text NOT NULL,                     -- of the last failure
    PRIMARY KEY (book, subscription, position)
);

-- The members of a subscription's group. They stand in book 0, as the subscription itself.
CREATE TABLE delivery.members (
    book integer NOT NULL,
    subscription text COLLATE "C" NOT NULL,
    member text COLLATE "C" NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (book, subscription, member)
);

GRANT USAGE ON SCHEMA delivery TO redledger_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA delivery TO redledger_app;
