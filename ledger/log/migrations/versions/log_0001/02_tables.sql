-- The tables of the log. Keys sort by their bytes, so that every server orders them alike. `leaf` is a hash over the row
-- (03_hashes.sql); docs/verification.md says what covers each column.

-- A ledger founded for demonstration says so for ever.
CREATE TABLE log.identity (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    ledger_id uuid NOT NULL,
    epoch integer NOT NULL CHECK (epoch > 0), -- raised by a restore: cursors from before do not fit any more
    zone text NOT NULL,                       -- of the accounting days
    created_at timestamptz NOT NULL,
    demonstration boolean NOT NULL,
    leaf bytea NOT NULL
);

-- The row that every append of a book takes first. Room on the page keeps its updates in place.
CREATE TABLE log.heads (
    book integer PRIMARY KEY CHECK (book >= 0),
    position bigint NOT NULL DEFAULT 0,       -- of the last event; 0: none yet
    first_open_day date NOT NULL,
    opening_day date NOT NULL,                -- the first open day that the book was made with
    takes_merchants boolean NOT NULL,
    outcomes bigint NOT NULL DEFAULT 0,       -- how many rows of log.outcomes the book has
    outcome_leaf bytea NOT NULL DEFAULT '',   -- the leaf of the last of them
    leaf bytea NOT NULL                       -- over what never changes of the row
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Actor, source, policy_versions, payload and entry are canonical JSON (RFC 8785): the bytes that are proven.
CREATE TABLE log.events (
    book integer NOT NULL,
    position bigint NOT NULL,
    stream text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    type text COLLATE "C" NOT NULL,
    schema_version integer NOT NULL,
    event_id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    accounting_date date NOT NULL,
    actor text NOT NULL,
    source text NOT NULL,
    correlation_id text NOT NULL,
    causation_id text NOT NULL,
    command_id text COLLATE "C" NOT NULL,
    command_n integer NOT NULL,
    fingerprint text NOT NULL,
    legal_entity text NOT NULL,
    policy_versions text NOT NULL,
    payload text NOT NULL,
    entry text,
    leaf bytea NOT NULL,
    CONSTRAINT events_pkey PRIMARY KEY (book, position),
    CONSTRAINT events_stream_key UNIQUE (book, stream, version),
    CONSTRAINT events_command_key UNIQUE (book, command_id, command_n),
    CONSTRAINT events_entry_balances CHECK (entry IS NULL OR log.entry_balances(entry))
);

-- Answers of commands that recorded no event, refusals above all: who asked what, and why not.
CREATE TABLE log.outcomes (
    book integer NOT NULL,
    number bigint NOT NULL,                   -- 1, 2, 3 … in the book
    command_id text COLLATE "C" NOT NULL,
    fingerprint text NOT NULL,
    command text NOT NULL,
    actor text NOT NULL,
    decided_at timestamptz NOT NULL,
    code text NOT NULL,                       -- empty: there was nothing to do
    facts text NOT NULL,
    position bigint NOT NULL,                 -- the last event of the book by then
    recorded_at timestamptz NOT NULL,
    leaf bytea NOT NULL,                      -- over the leaf of the outcome before it, too
    CONSTRAINT outcomes_pkey PRIMARY KEY (book, command_id),
    CONSTRAINT outcomes_number_key UNIQUE (book, number)
);

-- The guards account/<merchant>: sums of the merchant's 2120, 2130 and 2140 in fen, credit positive, and what open
-- after-sales cases and disputes may still take of the money that was released: a payout leaves that where it is.
CREATE TABLE log.accounts (
    book integer NOT NULL,
    merchant_id text COLLATE "C" NOT NULL,
    version integer NOT NULL,                 -- raised by every posting, and by a case that opens or closes
    available bigint NOT NULL,
    on_hold bigint NOT NULL,
    in_transit bigint NOT NULL,
    in_open_cases bigint NOT NULL,
    CONSTRAINT accounts_pkey PRIMARY KEY (book, merchant_id)
) WITH (fillfactor = 50);

-- Which book holds a merchant: small, written once a merchant, the same on every node.
CREATE TABLE log.directory (
    merchant_id text COLLATE "C" PRIMARY KEY,
    book integer NOT NULL,
    leaf bytea NOT NULL
);

-- What failed of a loop over everybody: the loop goes on without it and tries it again later. Nothing here is a fact of
-- the ledger: a row is made when an item fails and removed when it succeeds.
CREATE TABLE log.set_aside (
    book integer NOT NULL,
    loop text NOT NULL,
    item text NOT NULL,
    reason text NOT NULL,
    since timestamptz NOT NULL,
    attempts integer NOT NULL,
    next_try_at timestamptz NOT NULL,
    PRIMARY KEY (book, loop, item)
);
