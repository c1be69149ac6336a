"""Turns messages of carriers and tracking providers into reports: one module for each provider, with
`commands_from`.
"""
