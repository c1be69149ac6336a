"""Posting rules, by the part of the business whose events they post."""
