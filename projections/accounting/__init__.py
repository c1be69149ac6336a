"""Read models of the accounts: turnovers, exposure and the result of each order."""
