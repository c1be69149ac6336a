"""Periods, settlement runs, statements, and differences to explain."""
