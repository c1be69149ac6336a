"""Subscriptions: events delivered by lease to the members of a group, each until it is acknowledged."""
