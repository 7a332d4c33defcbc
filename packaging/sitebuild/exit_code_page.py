"""The reference of the exit codes, made from the error tree."""

from __future__ import annotations

from collections.abc import Iterator

from cmrmap.core import errors
from cmrmap.core.errors import CmrmapError
from cmrmap.run.outcome import Outcome
from sitebuild.tables import cell, code, table

_HEAD = """# Exit codes

Made from the error tree (`cmrmap/core/errors.py`) when this site is built. A run ends with the code of the first error
that stopped it. One line on stderr gives what was found, what was expected and what to do. The same words are in
`results/status.json` ([what else is in it](tour-integrator.md)). If single maps are refused, the run still ends with 0,
and the reasons are in the results.
"""
_MEANINGS = {
    errors.EXIT_OK: ("every map that the series allow was made", "use the results; read their findings"),
    errors.EXIT_INTERNAL_ERROR: (
        "a fault of the software, or memory that ran out",
        "report it, with the line on stderr",
    ),
    errors.EXIT_BAD_ARGUMENTS: ("arguments, settings or paths that cannot be used", "correct what the line names"),
    errors.EXIT_NO_MAPPING_SERIES: ("no mapping series in the input", "nothing: there was nothing to map"),
    errors.EXIT_ALL_REFUSED: (
        "every mapping series refused, or more than one study or patient",
        "read the reasons in results.json",
    ),
    errors.EXIT_NOT_STORED: ("results written, but an archive did not take all of them", "run `cmrmap send OUT` again"),
    errors.EXIT_TIMED_OUT: ("stopped by the time limit (`HOLOSCAN_TIMEOUT`)", "allow more time, or give fewer images"),
    errors.EXIT_INTERRUPTED: ("stopped by SIGINT", "run again"),
    errors.EXIT_TERMINATED: ("stopped by SIGTERM", "run again"),
}


def exit_code_page() -> str:
    """Return the page: every exit code, and the errors that lead to each."""
    rows = [
        [code(number), code(_outcome(number)), cell(meaning), cell(advice)]
        for number, (meaning, advice) in _MEANINGS.items()
    ]
    kinds = sorted(_below(CmrmapError), key=lambda kind: (kind.exit_code, kind.__name__))
    errors_of_library = [
        [code(kind.__name__), "its own" if kind is errors.EndedError else code(kind.exit_code), cell(_first_line(kind))]
        for kind in kinds
    ]
    return (
        f"{_HEAD}\n{table(['code', '`outcome` in status.json', 'what it means', 'what to do'], rows)}\n"
        "## Errors of the library\n\nWhat `cmrmap.analyse_folder` and the functions below it raise on purpose; all are "
        f"`CmrmapError`.\n\n{table(['error', 'exit code', 'raised for'], errors_of_library)}"
    )


def exit_codes() -> list[int]:
    """List every exit code that the error tree declares."""
    return sorted({value for name, value in vars(errors).items() if name.startswith("EXIT_")})


def _outcome(number: int) -> str:
    outcome = Outcome()
    outcome.fail(errors.EndedError("", number))
    return str(outcome.as_dict()["outcome"])


def _below(kind: type[CmrmapError]) -> Iterator[type[CmrmapError]]:
    for one in kind.__subclasses__():
        if one.__module__ == errors.__name__:
            yield one
        yield from _below(one)


def _first_line(kind: type[CmrmapError]) -> str:
    return " ".join((kind.__doc__ or "").split("\n\n")[0].split())
