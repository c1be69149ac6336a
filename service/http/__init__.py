"""Reads of the views as JSON over HTTP, and signed webhooks of partners."""
