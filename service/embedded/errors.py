"""The one exception that the embedded database raises."""


class EmbeddedPostgresError(Exception):
    """The embedded server cannot be had; the message is one plain sentence, and the end of the log if there is one."""
