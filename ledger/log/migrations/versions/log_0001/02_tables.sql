-- The tables of the log. Keys have COLLATE "C", so that every server sorts them alike. `leaf` is a hash over the row
-- (03_hashes.sql); docs/verification.md lists the proof of each column.

-- The identity of the ledger, the same on every node. `demonstration` never changes, and `books` only grows.
CREATE TABLE log.identity (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    ledger_id uuid NOT NULL,
    epoch integer NOT NULL CHECK (epoch > 0), -- a restore raises it: older cursors are then refused
    zone text NOT NULL,                       -- zone of the accounting days
    created_at timestamptz NOT NULL,
    demonstration boolean NOT NULL,
    books integer NOT NULL CHECK (books >= 0), -- number of books: 0, 1, 2 … in log.heads
    leaf bytea NOT NULL
);

-- One row a book. Every append locks it first. The low fillfactor leaves room on the page for HOT updates.
CREATE TABLE log.heads (
    book integer PRIMARY KEY CHECK (book >= 0),
    position bigint NOT NULL DEFAULT 0,       -- of the last event; 0 if there is none
    first_open_day date NOT NULL,
    opening_day date NOT NULL,                -- first_open_day when the book was created
    takes_merchants boolean NOT NULL,
    outcomes bigint NOT NULL DEFAULT 0,       -- number of the book's rows in log.outcomes
    outcome_leaf bytea NOT NULL DEFAULT '',   -- the leaf of the last of these rows
    leaf bytea NOT NULL                       -- over the columns that never change
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- actor, source, policy_versions, payload and entry are canonical JSON (RFC 8785), hashed as they are.
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

-- Answers to commands that recorded no event, mostly refusals: stream, command, actor, code and facts.
CREATE TABLE log.outcomes (
    book integer NOT NULL,
    number bigint NOT NULL,                   -- 1, 2, 3 … in the book
    command_id text COLLATE "C" NOT NULL,
    fingerprint text NOT NULL,
    stream text COLLATE "C" NOT NULL,         -- that the command would have written
    command text NOT NULL,
    actor text NOT NULL,
    decided_at timestamptz NOT NULL,
    code text NOT NULL,                       -- empty if there was nothing to do
    facts text NOT NULL,
    position bigint NOT NULL,                 -- of the book's last event at that time
    recorded_at timestamptz NOT NULL,
    leaf bytea NOT NULL,                      -- also over the leaf of the outcome before it
    CONSTRAINT outcomes_pkey PRIMARY KEY (book, command_id),
    CONSTRAINT outcomes_number_key UNIQUE (book, number)
);

-- Refusals in recorded order: all, of a merchant (the end of a scoped command id), an order, an actor, a code.
CREATE INDEX outcomes_refused ON log.outcomes (book, recorded_at, number) WHERE code <> '';
CREATE INDEX outcomes_refused_merchant ON log.outcomes (book, split_part(command_id, '/', 3), recorded_at, number)
WHERE code <> '';
CREATE INDEX outcomes_refused_order ON log.outcomes (book, split_part(stream, '/', 3), recorded_at, number)
WHERE code <> '' AND starts_with(stream, 'order/');
CREATE INDEX outcomes_refused_actor ON log.outcomes (book, (actor::jsonb ->> 'id'), recorded_at, number)
WHERE code <> '';
CREATE INDEX outcomes_refused_code ON log.outcomes (book, code, recorded_at, number) WHERE code <> '';

-- The guards account/<merchant>: the sums of the merchant's 2120, 2130 and 2140 in fen, credit positive, and the
-- released money that open after-sales cases and disputes may still take. A payout does not include that money.
CREATE TABLE log.accounts (
    book integer NOT NULL,
    merchant_id text COLLATE "C" NOT NULL,
    version integer NOT NULL,                 -- raised by every posting and by cases that open or close
    available bigint NOT NULL,
    on_hold bigint NOT NULL,
    in_transit bigint NOT NULL,
    in_open_cases bigint NOT NULL,
    CONSTRAINT accounts_pkey PRIMARY KEY (book, merchant_id)
) WITH (fillfactor = 50);

-- The book of each merchant: one row a merchant, never changed, the same on every node.
CREATE TABLE log.directory (
    merchant_id text COLLATE "C" PRIMARY KEY,
    book integer NOT NULL,
    leaf bytea NOT NULL
);

-- Items that failed in a loop over many. The loop goes on and tries them again later. The rows are not facts of the
-- ledger: a row is inserted when an item fails and deleted when it succeeds.
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

-- The idempotency keys of accounts, each with the merchant whose book has its command: one key is one command, in all
-- books. A row is written before the command is decided, and is kept for ever.
CREATE TABLE log.account_keys (
    book integer NOT NULL,                    -- of the account: 0
    key text COLLATE "C" NOT NULL,            -- caller/id
    merchant_id text COLLATE "C" NOT NULL,    -- '-' if the command is about none
    PRIMARY KEY (book, key)
);
