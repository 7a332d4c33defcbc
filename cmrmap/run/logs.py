"""The log of a run: what we say, and of what others say only who and where, since their words may quote the study."""

from __future__ import annotations

import logging
import sys
import traceback
import warnings
from pathlib import Path
from types import TracebackType
from typing import Any

_OURS = ("cmrmap", "app", "operators")
_LOG = logging.getLogger("cmrmap.log")


def configure_logging(level: str) -> None:
    """Show our log on stderr at ``level``, that other libraries have errors, at DEBUG that they say anything.

    What libraries say, and the text of an error that is not ours, may quote values of the study, and with them the
    patient. So it is left out: who said it, and in which line of which file, stands there in its place.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))
    logging.basicConfig(level="DEBUG" if level == "DEBUG" else "ERROR", handlers=[handler], force=True)
    logging.getLogger("cmrmap").setLevel(level)
    if level == "DEBUG":
        warnings.showwarning = _show_warning
    elif not sys.warnoptions:
        warnings.simplefilter("ignore")


class _Formatter(logging.Formatter):
    """Leaves out the words of others."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of a record."""
        if record.name.partition(".")[0] not in _OURS:
            record = logging.makeLogRecord(record.__dict__)
            record.msg = f"{record.name} wrote a message at {record.filename}:{record.lineno}"
            record.args, record.exc_info, record.exc_text, record.stack_info = None, None, None, None
        return super().format(record)

    def formatException(  # noqa: N802 (the library's name)
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        """Return where an error came from, and from which others, without their texts."""
        parts: list[str] = []
        error = ei[1]
        while error is not None and len(parts) < 10:
            parts.append("".join(traceback.format_tb(error.__traceback__)) + type(error).__name__)
            error = error.__cause__ or error.__context__
        return "\nafter this error:\n".join(parts)


def _show_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, file: Any = None, line: Any = None
) -> None:
    _LOG.debug("%s at %s:%d", category.__name__, Path(filename).name, lineno)
