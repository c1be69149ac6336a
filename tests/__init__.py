"""What RedLedger promises, one claim to a test."""
