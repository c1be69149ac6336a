"""The HTTP service: commands, reads, feeds, subscriptions and access tokens, and signed webhooks of partners."""
