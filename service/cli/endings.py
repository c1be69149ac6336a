"""Exit codes of the command line, and the one sentence on standard error for each failure."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from typing import Any, TextIO

from service.cli.help_pages import WholeSentences
from service.cli.output import stderr
from service.cli.signals import interrupted_by_signals
from service.failures import Interrupted, OutputUnusable, Unavailable


class ExitCode(IntEnum):
    """The codes that a command ends with; those above 2 follow sysexits.h and the shell."""

    DONE = 0
    FAILED = 1
    WRONG_USE = 2
    DATABASE = 69  # EX_UNAVAILABLE
    TERMINAL = 74  # EX_IOERR
    TRY_AGAIN = 75  # EX_TEMPFAIL
    HUNG_UP = 129  # 128 + SIGHUP
    INTERRUPTED = 130  # 128 + SIGINT
    READER_GONE = 141  # 128 + SIGPIPE
    TERMINATED = 143  # 128 + SIGTERM


MEANINGS = {
    ExitCode.DONE: "Done. `verify-…` found no difference. A refusal is an answer and ends with 0 too.",
    ExitCode.FAILED: "Failed: a file cannot be used, a line is malformed, or a difference was found.",
    ExitCode.WRONG_USE: "Wrong usage: an unknown command or option, or a missing or malformed value.",
    ExitCode.DATABASE: "The database has a problem that a person must solve: login, rights, version, encoding, damage; "
    "of `up`, also: its embedded server ended and could not be started again.",
    ExitCode.TERMINAL: "Standard output or a file is full, closed or broken.",
    ExitCode.TRY_AGAIN: "The database, the broker or the issuer of the token has a problem that may pass. Run the same"
    " command again with the same ids.",
    ExitCode.HUNG_UP: "Ended because its terminal was closed (SIGHUP); otherwise like 130. `up` and `relay` end"
    " with 0.",
    ExitCode.INTERRUPTED: "Interrupted by Ctrl-C. Recorded events stay. Run the same command again.",
    ExitCode.READER_GONE: "The reader of standard output has closed it, as `head` does.",
    ExitCode.TERMINATED: "Ended by SIGTERM; otherwise like 130. `up` and `relay` end with 0.",
}


class ReaderGone(OutputUnusable):
    """The reader of standard output has closed it."""

    def __init__(self) -> None:
        super().__init__("The reader of standard output has closed it; the rest was not printed.")


class Program(WholeSentences):
    """The group of all commands. Turns errors of the operating system into sentences before the library ends the
    process."""

    def make_context(self, *arguments: Any, **extra: Any) -> Any:
        with _plainly():
            return super().make_context(*arguments, **extra)

    def invoke(self, ctx: Any) -> Any:
        with _plainly():
            return super().invoke(ctx)


@contextmanager
def _plainly() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _failure(error) from error
    except KeyboardInterrupt:
        raise Interrupted("Interrupted: what was recorded stays, and the same command may be run again.") from None


def _failure(error: OSError) -> OutputUnusable:
    if error.errno == errno.EPIPE:
        return ReaderGone()
    return OutputUnusable(f"{error.filename or 'Standard output'} cannot be used: {error.strerror or error}.")


@contextmanager
def ended() -> Iterator[None]:
    """Ends the process with an `ExitCode`, and prints the reason of a failure as one sentence on standard error."""
    _open_what_is_closed()
    code, sentence = 0, ""
    with interrupted_by_signals() as received:
        try:
            if sys.stdout is None:
                raise OutputUnusable("Standard output is closed: send it to a file, a pipe or /dev/null.")
            _write_anything()
            yield
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
            if isinstance(end.__context__, BrokenPipeError):  # the library that draws tables ends so, without a word
                code, sentence = _ending_of(ReaderGone())
        except BaseException as error:
            code, sentence = _ending_of(error)
    if code == ExitCode.INTERRUPTED and received:
        code = 128 + received[0]
    if (unflushed := _unflushed()) and not sentence:
        code, sentence = unflushed
    if sentence:
        with suppress(OSError, ValueError):  # nowhere is left to say it; the code still does
            stderr().print(f"redledger: {sentence}", style="red", soft_wrap=True)
    try:
        sys.stderr.flush()
    except (OSError, ValueError):
        _let_go_of(sys.stderr)
    sys.exit(code)


def _ending_of(error: BaseException) -> tuple[int, str]:
    """Returns the exit code and the sentence of an error. Raises the error again if it is a defect of the program."""
    from ledger.log.database_errors import trouble_of
    from service.app import OBSTACLES
    from service.embedded import ServerLost

    if (trouble := trouble_of(error)) is not None:
        return ExitCode.TRY_AGAIN if trouble.retryable else ExitCode.DATABASE, str(trouble)
    match error:
        case ReaderGone():
            return ExitCode.READER_GONE, str(error)
        case OutputUnusable():
            return ExitCode.TERMINAL, str(error)
        case Unavailable():
            return ExitCode.TRY_AGAIN, str(error)
        case ServerLost():
            return ExitCode.DATABASE, str(error)
        case Interrupted():
            return ExitCode.INTERRUPTED, str(error)
        case KeyboardInterrupt():
            return ExitCode.INTERRUPTED, "Interrupted."
    if isinstance(error, OBSTACLES):
        return ExitCode.FAILED, str(error)
    raise error


def _unflushed() -> tuple[int, str] | None:
    """Returns the exit code and the sentence if the rest of the output cannot be written."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError) as error:
        _let_go_of(sys.stdout)
        closed = OSError(errno.EBADF, os.strerror(errno.EBADF))
        return _ending_of(_failure(error if isinstance(error, OSError) else closed))
    return None


def _open_what_is_closed() -> None:
    """Opens /dev/null for each closed standard file. Otherwise the next file or socket would get its number."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", closefd=False)


def _write_anything() -> None:
    """Lets standard output and error escape characters that their encoding lacks, instead of raising an error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _let_go_of(stream: TextIO) -> None:
    """Makes the interpreter's last flush of the stream succeed. A failed one would end the process with 120."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
