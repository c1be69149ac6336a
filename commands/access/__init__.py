"""Access accounts and their tokens: who may reach the ledger from outside, in which role."""
