"""The embedded server: that it starts whatever happened before, and stops whenever its last client is gone."""
