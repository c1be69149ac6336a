"""A primary with a synchronous standby: the primary is killed under load, and the standby promoted."""
