"""The views over HTTP as JSON: every answer names the positions it is of, every read can wait for others."""
