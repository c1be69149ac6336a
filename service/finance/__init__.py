"""Accounting periods, settlement runs, statements, reconciliation and proposals."""
