"""Webhooks to subscribers: signed as Standard Webhooks, sent in order, to addresses that may be called."""
