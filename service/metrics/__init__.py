"""Metrics of the service in the form of Prometheus, each counted in one place."""
