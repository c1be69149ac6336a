"""Versioned rules of the programme. Events store their results."""
