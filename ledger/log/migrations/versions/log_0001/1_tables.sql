-- The tables of the log. Keys sort by their bytes, so that every server orders them alike.

CREATE TABLE log.identity (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    ledger_id uuid NOT NULL,
    epoch integer NOT NULL CHECK (epoch > 0), -- raised by a restore: cursors from before do not fit any more
    zone text NOT NULL,                       -- of the accounting days
    created_at timestamptz NOT NULL
);

-- The row that every append of a book takes first. Room on the page keeps its updates in place.
CREATE TABLE log.heads (
    book integer PRIMARY KEY CHECK (book >= 0),
    position bigint NOT NULL DEFAULT 0,
    recorded_at timestamptz NOT NULL DEFAULT '-infinity',
    first_open_day date NOT NULL DEFAULT '0001-01-01',
    takes_merchants boolean NOT NULL
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
    command_id text COLLATE "C" NOT NULL,
    fingerprint text NOT NULL,
    command text NOT NULL,
    actor text NOT NULL,
    decided_at timestamptz NOT NULL,
    code text NOT NULL,                       -- empty: there was nothing to do
    facts text NOT NULL,
    position bigint NOT NULL,                 -- the last event of the book by then
    recorded_at timestamptz NOT NULL,
    CONSTRAINT outcomes_pkey PRIMARY KEY (book, command_id)
);

-- The guards account/<merchant>: sums of the merchant's 2120, 2130 and 2140 in fen, credit positive.
CREATE TABLE log.accounts (
    book integer NOT NULL,
    merchant_id text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    available bigint NOT NULL,
    on_hold bigint NOT NULL,
    in_transit bigint NOT NULL,
    CONSTRAINT accounts_pkey PRIMARY KEY (book, merchant_id)
) WITH (fillfactor = 50);

-- Which book holds a merchant: small, written once a merchant, the same on every node.
CREATE TABLE log.directory (
    merchant_id text COLLATE "C" PRIMARY KEY,
    book integer NOT NULL
);
