"""``cmrmap <verb>``: the one command line. A verb reads its options, makes one call and prints."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cmrmap.cohort.commands import register
from cmrmap.core.errors import CmrmapError
from cmrmap.core.version import VERSION
from cmrmap.evaluation.study_summary import MapSummary, summarise_study
from cmrmap.evaluation.transfer_command import register as register_transfer
from cmrmap.training.commands import register as register_training

if TYPE_CHECKING:
    from cmrmap.run.outcome import Outcome
    from cmrmap.run.run_settings import RunSettings

_ROOT = Path(__file__).resolve().parents[2]

cli = typer.Typer(
    name="cmrmap",
    help="T1, T2 and ECV maps of the heart from cardiac MR, and what is needed around them.",
    epilog="Each verb explains itself: cmrmap VERB --help. Exit codes: 0 done, 1 internal error, 2 bad arguments or "
    "paths, 3 no mapping series, 4 every series refused, 5 not everything was sent.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
phantom = typer.Typer(help="Digital hearts with known truth, as DICOM.", no_args_is_help=True)
cli.add_typer(phantom, name="phantom")
evaluate = typer.Typer(help="How well it does on cases with a reference.", no_args_is_help=True)
cli.add_typer(evaluate, name="evaluate")
register(cli, phantom, evaluate)
register_training(cli)
register_transfer(cli)


def main() -> None:
    """Run the command line; an error of ours is one line on stderr and its exit code."""
    try:
        cli()
    except CmrmapError as error:
        print(f"cmrmap: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(VERSION)
        raise typer.Exit


@cli.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    pass


@phantom.command("study")
def phantom_study(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for DIR/dicom and DIR/truth.")],
    seed: Annotated[int, typer.Option(min=0, help="Draws anatomy, tissue, motion and noise.")] = 1,
    snr: Annotated[float, typer.Option(help="Signal of the myocardium over the noise's SD; inf is no noise.")] = 30.0,
    disease: Annotated[str, typer.Option(help="none, diffuse (the whole wall) or focal (one segment).")] = "none",
    motion: Annotated[float, typer.Option(min=0.0, help="Breathing and contraction between images; 0 is none.")] = 1.0,
    hematocrit_file: Annotated[
        bool, typer.Option("--hematocrit-file", help="Also write dicom/hematocrit.json, which the application reads.")
    ] = False,
    flavour: Annotated[
        str, typer.Option(help="Scanner's dialect of the headers; cmrmap phantom flavours lists them.")
    ] = "standard",
) -> None:
    """Write one phantom study: five short-axis slices, native T1, T2 and post-contrast T1, and their truth.

    The same options give the same bytes. DIR/dicom is the application's input:

      cmrmap phantom study -o study --seed 7 --hematocrit-file

      cmrmap run -i study/dicom -o results
    """
    from cmrmap.phantom.study_writer import write_study

    write_study(
        output, seed=seed, snr=snr, disease=disease, motion=motion, hematocrit_file=hematocrit_file, flavour=flavour
    )
    n_files = sum(1 for _ in (output / "dicom").rglob("*.dcm"))
    print(f"phantom study written: {n_files} images in {output / 'dicom'}, truth in {output / 'truth'}")


@phantom.command("flavours")
def phantom_flavours() -> None:
    """List the dialects in which a phantom study can be written: cmrmap phantom study -o DIR --flavour NAME."""
    from cmrmap.phantom.flavours import FLAVOURS

    for flavour in FLAVOURS.values():
        print(f"{flavour.name:20} {flavour.summary}")


@cli.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
def run(context: typer.Context) -> None:
    """Analyse a study: cmrmap run -i IN -o OUT [-m MODELS] [--hematocrit 0.42].

    IN is a folder with the DICOM files of one study, in any order and depth; see cmrmap run --help for every option.
    It makes what python -m app makes, in this process and without the SDK.
    """
    from cmrmap.run.ending import hold_signals

    hold_signals()  # before the libraries of the stages start threads
    from cmrmap.run.entry import run_command

    raise typer.Exit(run_command(_run_in_process, context.args, program="cmrmap run"))


def _run_in_process(settings: RunSettings, outcome: Outcome) -> None:
    """Run the stages; they are imported once the arguments and folders have been looked at, since it takes seconds."""
    from cmrmap.pipeline.in_process import run_in_process

    run_in_process(settings, outcome)


def _shipped_model() -> Path:
    return next(iter(sorted((_ROOT / "models").glob("*/model.json")))).parent


@cli.command()
def train(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for checkpoints, logs and the model.")],
    coarse_steps: Annotated[int, typer.Option(min=1, help="Steps of the network that finds the heart.")] = 1200,
    fine_steps: Annotated[int, typer.Option(min=1, help="Steps of the network that draws it.")] = 6400,
    seed: Annotated[int, typer.Option(min=0, help="Draws weights and images.")] = 1,
    name: Annotated[str, typer.Option(help="Name of the model on its card.")] = "stack-unet",
    cine: Annotated[
        Path | None,
        typer.Option(help="Real anatomy: .npz of cine slices with the cavity labelled in all, the wall in some."),
    ] = None,
    start: Annotated[
        Path | None, typer.Option("--from", help="Model folder whose weights to begin from; default: random ones.")
    ] = None,
    watch: Annotated[
        Path | None,
        typer.Option(help="DIR/<subject>/reference.npz: images never trained on, whose wall Dice goes into the log."),
    ] = None,
) -> None:
    """Train the segmentation on synthetic images; a killed training goes on where it stopped.

    With --cine most slices show real anatomy in mapping contrast; the walls that its readers left out are traced with
    the model of --from, or the shipped one, and kept in DIR/cine_walls.npz.

    A step is 18 images. On two cores the defaults take about two hours. DIR/model is what the application takes:

      cmrmap train -o training

      cmrmap run -i study/dicom -o results -m training/model
    """
    import logging

    from cmrmap.evaluation.subjects import evaluate_subject, find_subjects
    from cmrmap.segmentation import load_network
    from cmrmap.training.export import averaged_weights, export, network_of
    from cmrmap.training.loop import TrainingSettings
    from cmrmap.training.loop import train as train_network
    from cmrmap.training.remap import prepare_file

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    watched = () if watch is None else find_subjects(watch)  # a wrong folder is told now, not after hours
    first = None if start is None else load_network(start)
    scenes = () if cine is None else prepare_file(cine, first or load_network(_shipped_model()), output)

    def wall_dice(fine: Mapping[str, Any]) -> dict[str, float]:
        network = network_of(averaged_weights(output, "coarse"), fine)
        found = (evaluate_subject(folder, network, pixel_mm=1.4) for folder in watched)
        return {one.name: float(one.wall_dice.mean()) for one in found}

    for network, steps in (("coarse", coarse_steps), ("fine", fine_steps)):
        weights = None if first is None else getattr(first, network).state_dict()
        watcher = wall_dice if watched and network == "fine" else None
        settings = TrainingSettings(network, steps, seed=seed)
        train_network(settings, output, scenes=scenes, start=weights, watch=watcher)
    card = export(output, output / "model", {"name": name, "version": VERSION})
    print(f"model written: {card}")


@evaluate.command("segmentation")
def evaluate_segmentation(
    data: Annotated[Path, typer.Option(help="Folder with DIR/<subject>/reference.npz (masks) and images or dicom/.")],
    model: Annotated[Path | None, typer.Option("--model", "-m", help="Model folder; default: the one shipped.")] = None,
    pixel_mm: Annotated[float, typer.Option(min=0.1, help="Pixel size of subjects that come without DICOM.")] = 1.4,
) -> None:
    """Print the network's overlap with reference masks: per image, largest object only, before refinement.

    The second table is what to hold it against: what the reference's own other images of a slice reach, brought to the
    image's place, and by how much our borders lie further out than the reference's.
    """
    from cmrmap.evaluation.overlap_table import overlap_tables
    from cmrmap.evaluation.subjects import evaluate_folder
    from cmrmap.segmentation import load_network

    network = load_network(model or _shipped_model())
    Console().print(
        *overlap_tables(evaluate_folder(data, network, pixel_mm), f"model {network.name} {network.version}")
    )


@cli.command()
def send(
    source: Annotated[Path, typer.Argument(help="Folder with DICOM files (the application's output), or one file.")],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            envvar="CMRMAP_SEND_TO",
            help="dicom://AETITLE@host:port[?from=OURS], or https://[user:password@]host/dicom-web.",
        ),
    ],
    retries: Annotated[int, typer.Option(min=0, help="How often what may pass on another try is tried again.")] = 3,
    wait_s: Annotated[float, typer.Option(min=0.0, help="Before the first repetition, s; doubles with each.")] = 2.0,
    timeout_s: Annotated[float, typer.Option(min=0.1, help="Without an answer, s.")] = 30.0,
    verify: Annotated[bool, typer.Option(help="Ask the destination afterwards what it has (C-FIND, QIDO-RS).")] = True,
) -> None:
    """Send the results to an archive and check that all of them arrived; exit code 5 where one did not.

    cmrmap send results --to dicom://ORTHANC@pacs.local:4242

    cmrmap send results --to https://pacs.local/dicom-web
    """
    from cmrmap.dicom.transfer.sending import find_files, parse_destination
    from cmrmap.dicom.transfer.sending import send as send_files

    destination = parse_destination(to)
    files = find_files(source)
    report = send_files(files, destination, retries=retries, wait_s=wait_s, timeout_s=timeout_s, verify=verify)
    for warning in report.warnings:
        print(f"cmrmap: warning: {warning}", file=sys.stderr)
    for uid, reason in report.failed.items():
        print(f"cmrmap: not stored: {uid}: {reason}", file=sys.stderr)
    report.check()
    print(f"{len(report.stored)} objects stored at {report.destination}")


@cli.command()
def summary(
    study: Annotated[Path, typer.Argument(help="Phantom study, as `cmrmap phantom study` writes it.")],
    results: Annotated[Path, typer.Argument(help="The application's output folder for that study.")],
) -> None:
    """Print one study's maps beside the phantom's truth, and the files that were written."""
    rows = summarise_study(study, results)
    console = Console()
    console.print(_maps_table(rows))
    for row in rows:
        if row.reason:
            console.print(f"{row.kind.value}: {row.status}, {row.reason}", markup=False)
    console.print(_files_table(results))


def _maps_table(rows: tuple[MapSummary, ...]) -> Table:
    table = Table(title="Maps: mean ± SD over the myocardium, against the phantom's truth")
    for name in ("map", "status"):
        table.add_column(name, no_wrap=True)
    for name in ("slices made", "measured", "truth", "bias"):
        table.add_column(name, justify="right")
    for row in rows:
        unit, digits = row.kind.unit, row.kind.spec.decimals
        measured = "-" if row.mean is None else f"{row.mean:.{digits}f} ± {row.sd or 0.0:.{digits}f} {unit}"
        truth = "-" if row.truth is None else f"{row.truth:.{digits}f} {unit}"
        bias = "-"
        if row.bias is not None and row.bias_percent is not None:
            bias = f"{row.bias:+.1f} points" if unit == "%" else f"{row.bias:+.1f} {unit} ({row.bias_percent:+.1f} %)"
        table.add_row(row.kind.value, row.status, f"{row.slices_made} of {row.slices_all}", measured, truth, bias)
    return table


def _files_table(results: Path) -> Table:
    table = Table(title=f"Files written in {escape(str(results))}")
    table.add_column("file")
    table.add_column("size", justify="right")
    images = sorted(results.glob("*.dcm"))
    table.add_row(f"{len(images)} DICOM objects (*.dcm)", _size(images))
    for path in sorted(item for item in (results / "results").glob("*") if item.is_file()):
        table.add_row(f"results/{escape(path.name)}", _size([path]))
    return table


def _size(files: list[Path]) -> str:
    kilobytes = sum(path.stat().st_size for path in files) / 1024
    return f"{kilobytes:.1f} kB" if kilobytes < 1024 else f"{kilobytes / 1024:.1f} MB"
