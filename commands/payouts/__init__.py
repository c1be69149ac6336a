"""Payouts to merchants, their accounts, and their debts."""
