"""Read models for auditors: one row for each event."""
