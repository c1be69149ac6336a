"""Exceptions of the embedded database."""

from collections.abc import Sequence
from pathlib import Path


class EmbeddedPostgresError(Exception):
    """The embedded server cannot be used. The message is one plain sentence, with the end of the log if
    there is one.
    """


class ServerLost(EmbeddedPostgresError):
    """The embedded server ended under a running service and could not be started again."""

    def __init__(self, data_dir: Path, failures: Sequence[EmbeddedPostgresError]) -> None:
        last = str(failures[-1]).partition("\n")[0].rstrip(".:") if failures else "it was not tried"
        super().__init__(
            f"The database server of {data_dir} ended and could not be started again in {len(failures)} attempts"
            f" ({last}). Acknowledged commands are on disk. Read {data_dir / 'postgres' / 'postgres.log'},"
            " mend the cause, and start the service again."
        )
