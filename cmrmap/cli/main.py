"""``cmrmap <verb>``: the one command line. A verb reads its options, makes one call and prints."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from typer.core import TyperGroup

from cmrmap.cli.acceptance_verb import acceptance
from cmrmap.cli.cohort_verb import cohort
from cmrmap.cli.correct_verb import correct
from cmrmap.cli.edit_verb import edit
from cmrmap.cli.evaluate_verbs import evaluate
from cmrmap.cli.extras import missing_extra
from cmrmap.cli.inspect_verb import inspect
from cmrmap.cli.phantom_verbs import phantom
from cmrmap.cli.ranges_verb import reference_ranges
from cmrmap.cli.refine_verb import refine
from cmrmap.cli.run_verb import run
from cmrmap.cli.send_verb import send
from cmrmap.cli.summary_verb import summary
from cmrmap.cli.train_verb import train
from cmrmap.cli.transfer_verb import transfer
from cmrmap.core.errors import EXIT_INTERNAL_ERROR, CmrmapError, internal_error
from cmrmap.core.streams import open_streams, say, told_if_full
from cmrmap.core.version import VERSION

#: what most people need comes first
ORDER = (
    *("run", "inspect", "correct", "edit", "send", "summary", "acceptance", "reference-ranges"),
    *("cohort", "evaluate", "train", "refine", "transfer", "phantom"),
)


class _Ordered(TyperGroup):
    """Lists the verbs in our order; typer's own puts those with verbs below them last."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return sorted(self.commands, key=ORDER.index)


cli = typer.Typer(
    name="cmrmap",
    cls=_Ordered,
    help="T1, T2 and ECV maps of the heart from cardiac MR: make, check, correct, send and evaluate them.",
    epilog="Help for one command: cmrmap COMMAND --help. Exit codes: 0 done, 1 internal error, 2 bad arguments or "
    "paths, 3 no mapping series, 4 every series refused, 5 not everything was sent.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
cli.command(  # its options are the application's own
    "run",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)(run)
cli.command("inspect")(inspect)
cli.command("correct")(correct)
cli.command("edit")(edit)
cli.command("send")(send)
cli.command("summary")(summary)
cli.command("acceptance")(acceptance)
cli.command("reference-ranges")(reference_ranges)
cli.command("cohort")(cohort)
cli.add_typer(evaluate, name="evaluate")
cli.command("train")(train)
cli.command("refine")(refine)
cli.command("transfer")(transfer)
cli.add_typer(phantom, name="phantom")


def main() -> None:
    """Run the command line; an error of ours is one line on stderr and its exit code."""
    open_streams()
    try:
        with told_if_full():
            cli()
    except CmrmapError as error:
        _end(error)
    except ModuleNotFoundError as error:
        told = missing_extra(error)
        _end(error if told is None else told)
    except Exception as error:
        _end(error)


def _end(error: Exception) -> None:
    if isinstance(error, CmrmapError):
        say(f"cmrmap: {error}")
        sys.exit(error.exit_code)
    say(f"cmrmap: {internal_error(error)}")
    sys.exit(EXIT_INTERNAL_ERROR)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(VERSION)
        raise typer.Exit


@cli.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass
