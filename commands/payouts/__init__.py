"""Commands on payouts to merchants, their bank accounts, and their debts."""
