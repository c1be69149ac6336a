"""What streams remember: folds of events, nothing decided."""
