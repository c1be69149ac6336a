"""Every table that the command line prints, declared once: one entry here, and the layout does the rest."""

from __future__ import annotations

from service.tables.columns import Table, amounts, counts, details, ids, texts, times

FOUND = Table(
    ids("kind", "id", "merchant", "order_id", "match", "field", "reference", "event_id"),
)
MERCHANT_BALANCES = Table(
    (
        *ids("merchant"),
        *amounts("pending", "available", "on_hold", "in_transit", "paid", "due_from_merchant", "open_cases_amount"),
        *times("next_release_at"),
    ),
    title="Merchant balances, CNY",
    plain_amounts=True,
)
BALANCE_TOTALS = Table(
    (
        *counts("merchants"),
        *amounts("pending", "available", "on_hold", "in_transit", "paid", "due_from_merchant"),
    ),
    title="Sums of merchant balances, CNY",
    plain_amounts=True,
)
BALANCE_HISTORY = Table(
    (*times("day"), *amounts("pending", "available", "on_hold", "in_transit", "paid", "due_from_merchant")),
    title="Merchant balances by accounting day, CNY",
    plain_amounts=True,
)
NEXT_RELEASES = Table((*ids("merchant"), *times("next_release_at"), *amounts("pending", "on_hold")))
MERCHANT_LINES = Table(
    (
        *times("accounting_date"),
        *ids("account", "order_id", "type"),
        *amounts("amount", "running"),
        *counts("book", "position", "line_no"),
        *details(*times("recorded_at")),
        *ids("event_id"),
    ),
    title="Journal lines, debit positive",
)
ACCESS_ACCOUNTS = Table(
    (*ids("account_id", "kind", "roles", "scope", "opened_by"), *times("opened_at", "closed_at")),
    title="Access accounts",
)
ACCESS_TOKENS = Table(
    (*ids("account_id", "token_id", "role"), *times("created_at", "ends_at", "last_used"), *ids("revoked_by")),
    title="Access tokens",
)
SUBSCRIPTIONS = Table(
    (
        *ids("subscription_id", "account_id", "merchant", "state", "delivery"),
        *counts("lag_events", "in_flight", "waiting", "parked"),
    ),
    title="Subscriptions",
)
DELIVERIES = Table(
    (*times("attempted_at"), *counts("book", "position", "attempt", "status", "took_ms"), *texts("error")),
    title="Attempts to deliver",
)
MONTH_BALANCES = Table(
    (*ids("merchant"), *amounts("pending", "available", "on_hold", "in_transit", "paid", "due_from_merchant")),
    title="Merchant balances, CNY",
    plain_amounts=True,
)
TRIAL_BALANCE = Table(
    (
        *ids("account"),
        *texts("title"),
        *ids("currency"),
        *amounts("opening", "debit", "credit", "closing"),
        *amounts("opening_base", "debit_base", "credit_base", "closing_base"),
    ),
    plain_amounts=True,
)
CONTRIBUTION = Table(
    (
        *ids("merchant", "order_id", "market"),
        *amounts("fee", "margin", "shipping", "fx", "psp", "freight", "duty", "losses", "result"),
        *ids("largest_cost"),
    ),
    title="Order contribution, CNY",
    plain_amounts=True,
)
EXPOSURE = Table(
    (
        *ids("account"),
        *texts("title"),
        *ids("psp", "currency"),
        *counts("items"),
        *amounts("amount", "base"),
        *times("oldest"),
        *amounts("0-7", "8-30", "31-60", "61-90", "91+"),
    ),
    plain_amounts=True,
)
OPEN_ITEMS = Table(
    (
        *ids("account"),
        *texts("title"),
        *ids("psp", "merchant", "order_id"),
        *amounts("amount", "base"),
        *times("since"),
        *counts("age_days"),
    ),
)
LATE_EVENTS = Table(
    (
        *counts("book", "position"),
        *ids("event_id", "type", "stream"),
        *times("accounting_date", "occurred_at", "recorded_at"),
        *ids("account", "merchant", "order_id"),
        *amounts("amount", "base"),
    ),
)
DIFFERENCES = Table(
    (*ids("account", "currency"), *amounts("difference_cny")), title="What they come to, CNY", plain_amounts=True
)
RECONCILIATION = Table(
    (
        *ids("kind", "merchant"),
        *texts("expected", "actual"),
        *times("since"),
        *counts("age_days"),
        *ids("owner", "stream", "break_id"),
        *details(*texts("reference")),
    ),
    title="To be reconciled",
)
EXPECTED_MONEY = Table(
    (*ids("source", "kind"), *amounts("expected", "shown", "short", "unexplained")), title="Money to be reported"
)
CLOSE_CHECKLIST = Table((*ids("period", "item"), *texts("done"), *counts("open"), *texts("detail")))
BREAKS_BY_KIND = Table(
    (
        *ids("kind"),
        *counts("breaks", "without_owner"),
        *times("since"),
        *amounts("base"),
        *texts("amounts", "owners"),
    ),
)
SETTLEMENT_RUNS = Table(
    (
        *ids("run_id"),
        *times("cut_off"),
        *counts("merchants", "statements", "payouts"),
        *amounts("paid"),
        *times("completed_at"),
    ),
)
PAYOUTS = Table(
    (
        *ids("payout_id", "merchant"),
        *amounts("amount"),
        *ids("account_ref", "bank_code", "state", "bank_ref"),
        *times("initiated_at"),
        *ids("code", "run_id", "statement_id"),
    ),
    title="Payouts, CNY",
    plain_amounts=True,
)
STATEMENTS = Table(
    (
        *counts("number"),
        *ids("statement_id", "run_id"),
        *times("period_to"),
        *amounts("opening", "closing"),
        *ids("lines_hash"),
    ),
    title="Statements, CNY",
    plain_amounts=True,
)
RUN_STATEMENTS = Table(
    (*ids("merchant", "statement_id", "run_id"), *counts("book", "position"), *ids("event_id")), title="Statements"
)
STATEMENT_LINES = Table(
    (*times("date"), *ids("kind", "order", "line"), *amounts("gross", "fee", "net", "balance"), *ids("event_id")),
    plain_amounts=True,
)
SETTLEMENT_RUN = Table(
    (
        *ids("run"),
        *times("cut_off"),
        *counts("merchants", "statements", "payouts"),
        *amounts("paid"),
        *texts("refused"),
        *counts("failed"),
    ),
    title="Settlement run, CNY",
    plain_amounts=True,
)
APPROVALS = Table(
    (
        *ids("merchant", "order_id", "refund_id", "type", "reason"),
        *amounts("amount", "list_amount"),
        *counts("round", "rounds"),
        *ids("role_needed"),
        *times("waiting_since", "due_at"),
        *ids("previous_approver"),
        *texts("express", "late"),
    ),
)
PROPOSALS = Table(
    (
        *ids("kind", "merchant", "proposal_id", "stream"),
        *texts("data"),
        *ids("reason", "proposer"),
        *times("proposed_at"),
        *ids("state", "decided_by"),
        *times("decided_at"),
    ),
)
EXCEPTIONS = Table(
    (
        *ids("stream", "break_id", "kind", "merchant"),
        *amounts("amount"),
        *texts("expected", "actual"),
        *details(*texts("refs")),
        *ids("owner", "status"),
        *details(*texts("resolution")),
        *times("since"),
        *details(*times("opened_at")),
        *details(*times("resolved_at")),
        *counts("age_h"),
    ),
)
UNMATCHED = Table(
    (
        *ids("system", "reference"),
        *texts("what"),
        *amounts("amount", "base", "refunded"),
        *ids("state"),
        *details(*texts("refs")),
        *texts("orders"),
        *times("happened_at"),
        *counts("age_h"),
    ),
)
INSTRUCTIONS = Table(
    (
        *ids("kind", "id", "stream", "partner"),
        *amounts("amount"),
        *times("requested_at"),
        *counts("age_h"),
        *details(*texts("facts")),
    ),
)
UNSENT_REFUNDS = Table(
    (
        *ids("merchant", "order_id", "refund_id"),
        *amounts("amount"),
        *times("since"),
        *counts("age_h", "failures"),
        *ids("kept_by"),
        *times("next_at"),
        *texts("reason"),
        *ids("refusal", "stream"),
    ),
)
OVERDUE = Table(
    (
        *ids("merchant", "order_id", "parcel_id", "market"),
        *times("promised_by", "warn_at", "dispatched_at", "received_at"),
        *ids("state"),
        *counts("hours_late"),
    ),
)
DECLARATIONS = Table(
    (
        *ids("declaration_no", "customs_mode", "merchant", "order_id"),
        *texts("parcels", "captures"),
        *amounts("captured", "buyer_total"),
        *texts("mismatches"),
    ),
)
SALES = Table(
    (
        *ids("merchant", "channel", "content_id", "creator_id", "market"),
        *times("day"),
        *counts("orders"),
        *amounts("list_total"),
    ),
    title="Sales at list price, CNY",
    plain_amounts=True,
)
RATES = Table((*ids("currency", "kind", "rate"), *times("as_of"), *counts("age_days"), *ids("source", "usable")))
PERIODS = Table(
    (
        *ids("period", "change"),
        *times("at"),
        *ids("proposer", "approver", "in_force", "reason", "trial_balance_hash"),
    ),
)
PARKED = Table(
    (
        *counts("book"),
        *ids("kind", "of", "what", "state", "reason", "proposer", "approver"),
        *times("since"),
        *ids("proposal_id"),
    ),
)
RECORDED = Table((*ids("event", "stream"), *counts("book", "position"), *times("accounting_date")))
LINES_RECORDED = Table(counts("recorded", "repeated", "nothing", "refused", "malformed", "failed"))
FILE = Table(
    (
        *ids("file", "digest", "known"),
        *counts("rows", "recorded", "repeated", "nothing", "refused", "failed", "breaks", "unmatched"),
    ),
)
IMPORT_SECTIONS = Table((*texts("section", "row", "column"), *ids("value")))
TIMELINE = Table((*ids("parcel"), *times("happened_at"), *ids("milestone"), *texts("text", "location")))
TIMELINE_IN_WORDS = Table((*ids("parcel"), *times("when"), *texts("text", "location")))
HISTORY_ENTRY = Table((*texts("account"), *amounts("debit", "credit", "base")))
HISTORY = Table(
    (
        *counts("step", "book", "position"),
        *ids("type"),
        *times("occurred_at", "recorded_at"),
        *texts("actor", "source"),
        *ids("command_id"),
        *texts("reasons", "event", "axes", "entry"),
    ),
)
JOURNAL = Table(
    (
        *counts("book", "position", "line_no"),
        *ids("event_id", "type", "stream"),
        *times("accounting_date", "occurred_at", "recorded_at"),
        *ids("actor_kind", "actor", "role", "source", "legal_entity", "account"),
        *texts("title"),
        *ids("merchant", "psp", "order", "line", "parcel", "payment", "market", "currency"),
        *amounts("debit", "credit", "debit_cny", "credit_cny"),
    ),
)
AUDIT = Table(
    (
        *times("recorded_at"),
        *counts("book", "position"),
        *ids("event", "actor_kind", "actor_id", "merchant", "order_id"),
        *texts("summary"),
        *amounts("moved"),
        *details(*texts("effect")),
        *details(*times("occurred_at", "accounting_date")),
        *ids("event_id"),
    ),
)
REFUSED_COMMANDS = Table(
    (
        *times("recorded_at"),
        *ids("command", "merchant", "order_id", "actor_id", "code"),
        *texts("reason"),
        *details(*texts("remedy")),
        *details(*counts("book", "position", "number")),
        *ids("id"),
    ),
    title="Refused commands",
)
VIEWS = Table((*ids("view"), *counts("version", "behind"), *ids("status")))
BOOKS = Table(counts("book", "head"))
GENERATIONS = Table(
    (
        *ids("view"),
        *counts("generation", "version"),
        *ids("role"),
        *counts("events", "missing_events", "bytes", "seconds_left"),
        *times("made_at"),
    )
)
VIEW_LAGS = Table(
    (
        *ids("view", "status"),
        *counts("version", "generation", "books_behind", "lag_events", "lag_s", "candidate", "rebuilt", "seconds_left"),
        *texts("reason"),
    )
)
AUTOMATION = Table((*ids("step", "switched_on"), *counts("policy_version")))
COMPARED_VIEWS = Table((*ids("view"), *counts("version", "events", "rows", "differences")))
VERIFIED_BOOKS = Table(counts("book", "events", "faults"))
FINDINGS = Table((*ids("table", "key", "column"), *texts("expected", "found")))
CLUSTER_DIFFERENCES = Table((*ids("part"), *texts("expected", "found", "remedy")))
SETTINGS = Table((*ids("flag", "variable", "default"), *texts("meaning")))
SCHEMAS = Table((*ids("name"), *texts("says")))

TABLES = {name: table for name, table in globals().items() if isinstance(table, Table)}
