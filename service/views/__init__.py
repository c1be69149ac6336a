"""Following of the log by the views, their status, and their upgrades."""
