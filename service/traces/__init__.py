"""Traces of commands in OpenTelemetry: from the command to its events, the views and the deliveries."""
