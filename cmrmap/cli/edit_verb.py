"""``cmrmap edit``: contours dragged on the report of a finished run. Imports are late, so that help comes at once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer


def edit(
    output: Annotated[Path, typer.Argument(metavar="OUT", help="Output folder of a finished run.")],
    source: Annotated[
        Path | None, typer.Option("--input", "-i", help="Input folder of that run (or HOLOSCAN_INPUT_PATH).")
    ] = None,
    model: Annotated[Path | None, typer.Option("--model", "-m", help="As in that run.")] = None,
    config: Annotated[Path | None, typer.Option("--config", "-c", help="As in that run.")] = None,
    hematocrit: Annotated[str | None, typer.Option(help="As in that run.")] = None,
    times: Annotated[Path | None, typer.Option(help="As in that run.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on loopback; 0: any free one.")] = 0,
) -> None:
    """Show the report of a finished run in a browser, with contours that you can drag.

    The study is loaded once. After each change, the fit of that slice and
    the report are computed again. "Save" writes all of OUT again, with your
    contours as a DICOM Segmentation. Put that among the images, and cmrmap
    run gives the same numbers.

    The page is served on this machine only (127.0.0.1), behind a token;
    nothing is sent anywhere. Ctrl-C ends the command.

      cmrmap edit results -i study/dicom

    Exit codes: 130 and 143 ended by Ctrl-C and SIGTERM, 2 no finished run of this input, else as for cmrmap run.
    """
    from cmrmap.cli.live_progress import live_progress
    from cmrmap.core.errors import InputError
    from cmrmap.run.logs import configure_logging
    from cmrmap.run.manifest import read_status
    from cmrmap.run.run_settings import read_run_settings

    if read_status(output) is None:  # before anything is made there
        raise InputError("OUT contains no finished run; give the output folder of cmrmap run, and its input with -i")
    given = {"-i": source, "-o": output, "-m": model, "-c": config, "--hematocrit": hematocrit, "--times": times}
    words = [str(word) for option, value in given.items() if value is not None for word in (option, value)]
    settings = read_run_settings(words, os.environ, "cmrmap edit")
    configure_logging("WARN")
    from cmrmap.edit.serving import serve

    def tell(address: str) -> None:
        print(f"open {address}", flush=True)
        print("Ctrl-C ends it", flush=True)

    with live_progress():
        serve(settings, port, tell)
