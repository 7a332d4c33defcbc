"""The verbs of the command line that deal with many studies; each makes one call and prints.

Imports are late, so that help comes at once.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from cmrmap.core.errors import InputError, ModelError

if TYPE_CHECKING:
    from cmrmap.cohort.task import StudyRecord
    from cmrmap.evaluation.experiment import Evaluation

_ROOT = Path(__file__).resolve().parents[2]
_EXTRA = "install what evaluation needs: pip install -r requirements-evaluation.txt (make sets it up itself)"


def register(cli: typer.Typer, phantom: typer.Typer, evaluate: typer.Typer) -> None:
    """Add the verbs of this room to the command line."""
    phantom.command("cohort")(phantom_cohort)
    cli.command("cohort")(cohort)
    evaluate.command("cohort")(evaluate_cohort)
    cli.command("acceptance")(acceptance)
    cli.command("reference-ranges")(reference_ranges)


def this_command() -> str:
    """Return the command line of this process, as it goes into the tables."""
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])


def shipped_model() -> Path:
    """Return the model folder that comes with the source."""
    found = sorted((_ROOT / "models").glob("*/model.json"))
    if len(found) != 1:
        raise ModelError(f"models folder {_ROOT / 'models'} holds {len(found)} models; name one by --model")
    return found[0].parent


def progress_bar() -> Progress:
    """Return a bar on stderr; silent where stderr is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty())


def phantom_cohort(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for DIR/<patient>/dicom and /truth.")],
    patients: Annotated[int, typer.Option("--patients", "-n", min=1, help="Virtual patients.")] = 30,
    seed: Annotated[int, typer.Option(min=0, help="Of the cohort; patient k is the same in a cohort of any size.")] = 1,
    processes: Annotated[int | None, typer.Option(min=1, help="At the same time; default: one a core.")] = None,
) -> None:
    """Write a cohort of virtual patients with known truth and a simulated reader's contours.

    Anatomy, heart rate, T1, T2, ECV, hematocrit, disease (about 10 % raised T2, 35 % raised ECV), SNR, motion,
    arrhythmia and artefacts are drawn as seen in patients. A cohort can be enlarged: complete patients are kept.

      cmrmap phantom cohort -o cohort --patients 30

      cmrmap cohort -i cohort -o results
    """
    from cmrmap.phantom.cohort import write_cohort

    with progress_bar() as bar:
        job = bar.add_task("virtual patients", total=patients)
        write_cohort(
            output,
            patients=patients,
            seed=seed,
            processes=processes,
            progress=lambda done, _: bar.update(job, completed=done),
        )
    print(f"cohort written: {patients} patients in {output}, table {output / 'patients.csv'}")


def cohort(
    studies: Annotated[Path, typer.Option("--input", "-i", help="Folder with one folder a study.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for OUT/studies/<study> and the tables.")],
    model: Annotated[Path | None, typer.Option("--model", "-m", help="Model folder; default: the one shipped.")] = None,
    config: Annotated[Path | None, typer.Option("--config", "-c", help="Settings file; default: app.yaml.")] = None,
    hematocrit: Annotated[str | None, typer.Option(help="For every study; default: what each study gives.")] = None,
    outlines: Annotated[
        str, typer.Option(help="network; for phantom studies also exact or reader (their masks in its place).")
    ] = "network",
    full: Annotated[bool, typer.Option("--full", help="Every DICOM object too, by the application itself.")] = False,
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler; default: this machine.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes on this machine; default: one a core.")] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Analyse studies again that ended with an error.")] = False,
) -> None:
    """Analyse every study of a folder; a killed run goes on where it stopped, and no study can stop another.

    OUT holds results.parquet and results.csv (one line a map, slice and segment), studies.parquet and studies.csv
    (one line a study: outcome, exit code, seconds), and OUT/studies/<study>/results of each.
    The exit code is 0 when every study was analysed, 1 when one ended with an error.

      cmrmap cohort -i cohort -o results --workers 2

      cmrmap cohort -i studies -o results --scheduler tcp://10.0.0.1:8786     (paths must be the same on all machines)
    """
    try:
        from cmrmap.cohort.runner import CohortOptions, run_cohort
    except ModuleNotFoundError as error:
        raise InputError(f"{error.name} is not installed; {_EXTRA}") from error
    from cmrmap.ecv.hematocrit import parse_hematocrit
    from cmrmap.run.defaults import configured_times, read_settings, settings_beside

    config_file = config or settings_beside()
    settings = read_settings(config_file).analysis
    options = CohortOptions(
        model=model or shipped_model(),
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
                    f"{done}/{total} {record.name}: {record.outcome}, {record.message} ({record.seconds:.1f} s)",
                    markup=False,
                    highlight=False,
                )

        summary = run_cohort(studies, output, options, scheduler=scheduler, workers=workers, progress=tell)
    counts: dict[str, int] = {}
    for record in summary.records:
        counts[record.outcome] = counts.get(record.outcome, 0) + 1
    told = ", ".join(f"{number} {outcome}" for outcome, number in sorted(counts.items()))
    print(f"{len(summary.records)} studies: {told}; {summary.n_kept} were done before. Tables in {output}")
    raise typer.Exit(1 if counts.get("error") else 0)


def evaluate_cohort(
    results: Annotated[
        list[str], typer.Option("--results", "-r", help="NAME=DIR or DIR of `cmrmap cohort`; again for another model.")
    ],
    reference: Annotated[
        list[str], typer.Option("--reference", help="NAME=PATH or PATH: CSV, DICOM maps, phantom studies, or results.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for tables, figures and evaluation.html.")],
    studies: Annotated[Path | None, typer.Option(help="The studies' images, for the figures that show them.")] = None,
    t2_threshold: Annotated[float, typer.Option(help="Raised T2 is above it, ms (default: the paper's).")] = 58.0,
    ecv_threshold: Annotated[float, typer.Option(help="Raised ECV is above it, % (default: the paper's).")] = 29.0,
    seed: Annotated[int, typer.Option(min=0, help="Of bootstrap intervals.")] = 0,
) -> None:
    """Compare cohort results with references: the paper's Tables 1-3, Figures 2-6, and more, on one page.

    Several models stand side by side; values of one side only are listed as left out, never dropped in silence.

      cmrmap evaluate cohort -r results --reference cohort -o evaluation --studies cohort

      cmrmap evaluate cohort -r N1=out1 -r N2=out2 --reference reader=reader.csv -o evaluation
    """
    try:
        from cmrmap.evaluation.evaluation_provenance import evaluation_provenance
        from cmrmap.evaluation.experiment import evaluate
        from cmrmap.evaluation.reference import read_reference
        from cmrmap.evaluation.write import write_evaluation
    except ModuleNotFoundError as error:
        raise InputError(f"{error.name} is not installed; {_EXTRA}") from error
    from cmrmap.core.map_specs import MapKind

    models = {name or path.name: path for name, path in map(_named, results)}
    if len(models) != len(results):
        raise InputError("two results have the same name; give each one, NAME=DIR")
    references = [read_reference(path, name) for name, path in map(_named, reference)]
    if len({one.name for one in references}) != len(references):
        raise InputError("two references have the same name; give each one, NAME=PATH")
    thresholds = {MapKind.T2: t2_threshold, MapKind.ECV: ecv_threshold}
    found = evaluate(models, references, thresholds=thresholds, seed=seed)
    provenance = evaluation_provenance(this_command(), seed, found.about)
    page = write_evaluation(found, provenance, output, models=models, studies=studies)
    _print_evaluation(found)
    print(f"page: {page}")


def _named(text: str) -> tuple[str | None, Path]:
    name, separator, path = text.partition("=")
    return (name, Path(path)) if separator else (None, Path(text))


def _print_evaluation(found: Evaluation) -> None:
    from cmrmap.evaluation.aims import aims_table

    table = aims_table(found, found.models[0], found.references[0])
    shown = Table(title=table.title)
    for name in table.header:
        shown.add_column(name)
    for row in table.rows:
        shown.add_row(*row)
    Console().print(shown)


def acceptance(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for study/, results/ and acceptance.json.")],
    model: Annotated[
        Path | None, typer.Option("--model", "-m", help="Models folder; default: the one shipped.")
    ] = None,
    config: Annotated[Path | None, typer.Option("--config", "-c", help="Settings file; default: app.yaml.")] = None,
) -> None:
    """Run the fixed phantom study through the whole application and say whether it is within the stated limits.

    For a site that installs or updates the application. The exit code is 0 when every check passed, else 1.

      cmrmap acceptance -o acceptance
    """
    from cmrmap.evaluation.acceptance import run_acceptance

    more = [*(["-m", str(model)] if model else []), *(["-c", str(config)] if config else [])]
    checks = run_acceptance(output, more)
    table = Table(title="Acceptance: phantom study, seed 1")
    for name in ("check", "limit", "found", ""):
        table.add_column(name)
    for one in checks:
        table.add_row(one.what, one.limit, one.found, "pass" if one.passed else "FAIL")
    Console().print(table)
    failed = sum(not one.passed for one in checks)
    print(f"acceptance: {'passed' if not failed else f'FAILED, {failed} of {len(checks)} checks'}")
    raise typer.Exit(1 if failed else 0)


def reference_ranges(
    results: Annotated[Path, typer.Option("--input", "-i", help="Output folder of `cmrmap cohort` on normals.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write, e.g. ranges.json.")],
    site: Annotated[str, typer.Option(help="Name of the site, scanner and protocol; shown beside every z-score.")],
    subjects: Annotated[
        Path | None, typer.Option(help="Text file with the names of the normal subjects, one a line; default: all.")
    ] = None,
) -> None:
    """Make a site's reference-range file from its own normal subjects; the application then gives z-scores.

    Ranges per patient, level and AHA segment; at least 10 subjects, all by one protocol. Then set in app.yaml
    analysis.reference_ranges.file to the file.

      cmrmap cohort -i normals -o results

      cmrmap reference-ranges -i results -o ranges.json --site "Site A, 1.5 T, STONE"
    """
    from cmrmap.evaluation.site_ranges import make_reference_ranges

    names = None
    if subjects is not None:
        try:
            names = [line.strip() for line in subjects.read_text(encoding="utf-8").splitlines() if line.strip()]
        except OSError as error:
            raise InputError(f"list of subjects {subjects} cannot be read ({error.strerror})") from error
    content = make_reference_ranges(results, output, site=site, subjects=names, command=this_command())
    table = Table(title=f"Reference ranges of {site}: mean ± SD over subjects")
    for name in ("map", "model", "subjects", "patient"):
        table.add_column(name)
    for kind, found in content["maps"].items():
        patient = found["patient"]
        table.add_row(kind, found["model"], str(patient["n"]), f"{patient['mean']:.1f} ± {patient['sd']:.1f}")
    Console().print(table)
    print(f"written: {output}{'; ' + content['note'] if content['note'] else ''}")
