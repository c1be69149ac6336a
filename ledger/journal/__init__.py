"""Double entry: the chart of accounts, balanced entries, and the posting rules of events."""
