"""``cmrmap cohort``: every study of a folder. Imports are late, so that help comes at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cmrmap.cli.shared import progress_bar, this_command
from cmrmap.run.shipped_model import find_model_folder

if TYPE_CHECKING:
    from cmrmap.cohort.task import StudyRecord


def cohort(
    studies: Annotated[Path, typer.Option("--input", "-i", help="Folder with one folder per study.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for OUT/studies/<study> and the tables.")],
    model: Annotated[Path | None, typer.Option("--model", "-m", help="Model folder; default: the one shipped.")] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="Settings file; default: a checkout's app.yaml."),
    ] = None,
    hematocrit: Annotated[
        str | None, typer.Option(help="Hematocrit for every study; default: the study's own.")
    ] = None,
    outlines: Annotated[
        str,
        typer.Option(help="Source of the contours: network; for phantom studies also exact or reader (their masks)."),
    ] = "network",
    full: Annotated[
        bool, typer.Option("--full", help="Run the full application on each study, with every DICOM object.")
    ] = False,
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler; default: this machine.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes on this machine; default: one per core.")
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Analyse studies again that ended with an error.")] = False,
) -> None:
    """Analyse every study in a folder; a killed run resumes where it stopped, and no study can stop another.

    OUT contains results.parquet and results.csv (one line per map, slice and segment), studies.parquet and studies.csv
    (one line per study: outcome, exit code, seconds), and OUT/studies/<study>/results for each study.
    The exit code is 0 if every study was analysed, 1 if one ended with an error.

      cmrmap cohort -i cohort -o results --workers 2

      cmrmap cohort -i studies -o results --scheduler tcp://10.0.0.1:8786     (paths must be the same on all machines)
    """
    from cmrmap.cohort.runner import CohortOptions, run_cohort
    from cmrmap.ecv.hematocrit import parse_hematocrit
    from cmrmap.run.defaults import configured_times, read_settings, settings_beside

    config_file = config or settings_beside()
    settings = read_settings(config_file).analysis
    options = CohortOptions(
        model=find_model_folder(model),
        settings=settings,
        source=outlines,
        hematocrit=parse_hematocrit(hematocrit, "command line") if hematocrit else None,
        times=configured_times(settings, config_file.parent if config_file else Path.cwd()),
        config=config,
        full=full,
        retry=retry,
        command=this_command(),
    )
    with progress_bar() as bar:
        job = bar.add_task("studies", total=None)

        def tell(record: StudyRecord, done: int, total: int) -> None:
            bar.update(job, completed=done, total=total)
            if bar.disable or record.outcome != "ok":
                bar.console.print(
                    f"{done}/{total}: {record.outcome}, {record.message} ({record.seconds:.1f} s)",
                    markup=False,
                    highlight=False,
                    soft_wrap=True,
                )

        def show(line: str) -> None:
            bar.console.print(line, markup=False, highlight=False, soft_wrap=True)

        summary = run_cohort(studies, output, options, scheduler=scheduler, workers=workers, progress=tell, tell=show)
    counts: dict[str, int] = {}
    for record in summary.records:
        counts[record.outcome] = counts.get(record.outcome, 0) + 1
    told = ", ".join(f"{number} {outcome}" for outcome, number in sorted(counts.items()))
    print(f"{len(summary.records)} studies: {told}; {summary.n_kept} were done before. The tables list each")
    raise typer.Exit(1 if counts.get("error") else 0)
