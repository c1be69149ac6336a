"""The exceptions that the embedded database raises."""

from collections.abc import Sequence
from pathlib import Path


class EmbeddedPostgresError(Exception):
    """The embedded server cannot be had; the message is one plain sentence, and the end of the log if there is one."""


class ServerLost(EmbeddedPostgresError):
    """The embedded server ended under a running service and could not be started again."""

    def __init__(self, data_dir: Path, failures: Sequence[EmbeddedPostgresError]) -> None:
        last = str(failures[-1]).partition("\n")[0].rstrip(".:") if failures else "it was not tried"
        super().__init__(
            f"The database server of {data_dir} ended and could not be started again in {len(failures)} attempts"
            f" ({last}). What was acknowledged is on disk: read {data_dir / 'postgres' / 'postgres.log'},"
            " mend the cause, and start the service again."
        )
