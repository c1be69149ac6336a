"""The books of account: turnovers, exposure, contribution."""
