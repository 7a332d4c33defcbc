"""``cmrmap evaluate``: how well it does on cases with a reference. Imports are late, so that help comes at once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cmrmap.cli.shared import this_command
from cmrmap.cli.t1_bias_verb import t1_bias
from cmrmap.core.errors import InputError
from cmrmap.run.shipped_model import find_model_folder

if TYPE_CHECKING:
    from cmrmap.evaluation.experiment import Evaluation

evaluate = typer.Typer(help="Measure accuracy on cases with a reference.", no_args_is_help=True)
evaluate.command("t1-bias")(t1_bias)


@evaluate.command("segmentation")
def evaluate_segmentation(
    data: Annotated[Path, typer.Option(help="Folder with DIR/<subject>/reference.npz (masks) and images or dicom/.")],
    model: Annotated[Path | None, typer.Option("--model", "-m", help="Model folder; default: the one shipped.")] = None,
    pixel_mm: Annotated[float, typer.Option(min=0.1, help="Pixel size, mm, for subjects without DICOM.")] = 1.4,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="JSON file for all figures.")] = None,
) -> None:
    """Print how outlines differ from reference masks: overlap, borders, values, and which findings identify bad slices.

    Overlap is per image, largest object only, before refinement. Borders are measured along 24 rays, separately
    where the images show them clearly. Values are those of the application's fit with our outlines, compared with
    the same fit with the reference's. Beside each figure is that of the reference's outlines of the slice's other
    images, moved to the position of the image.
    """
    folder = find_model_folder(model)  # what is wrong with it is told before slow imports
    from rich.console import Console

    from cmrmap.evaluation.border_tables import border_tables
    from cmrmap.evaluation.overlap_table import overlap_tables
    from cmrmap.evaluation.segmentation_file import write_segmentation
    from cmrmap.evaluation.subject_figures import subject_figures
    from cmrmap.evaluation.subjects import read_subjects
    from cmrmap.segmentation import load_network

    network = load_network(folder)
    subjects, left_out = read_subjects(data, pixel_mm)
    console = Console()
    for reason, number in Counter(left_out.values()).items():  # a folder's name may be the patient's: see -o
        console.print(f"left out: {number} subject{'s' if number > 1 else ''}: {reason}", soft_wrap=True, markup=False)
    found = [subject_figures(one, network) for one in subjects]
    about = f"model {network.name} {network.version}"
    console.print(*overlap_tables([one.overlap for one in found], about), *border_tables(found))
    if output is not None:
        print(f"figures: {write_segmentation(output, found, left_out, network, this_command())}")


@evaluate.command("cohort")
def evaluate_cohort(
    results: Annotated[
        list[str],
        typer.Option("--results", "-r", help="NAME=DIR or DIR of `cmrmap cohort`; repeatable."),
    ],
    reference: Annotated[
        list[str], typer.Option("--reference", help="NAME=PATH or PATH: CSV, DICOM maps, phantom studies, or results.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for tables, figures and evaluation.html.")],
    studies: Annotated[Path | None, typer.Option(help="Folder of the studies, for figures with images.")] = None,
    t2_threshold: Annotated[float, typer.Option(help="Lower limit of raised T2, ms (default: the paper's).")] = 58.0,
    ecv_threshold: Annotated[float, typer.Option(help="Lower limit of raised ECV, % (default: the paper's).")] = 29.0,
    seed: Annotated[int, typer.Option(min=0, help="Random seed of the bootstrap intervals.")] = 0,
) -> None:
    """Compare cohort results with references: the paper's Tables 1-3, Figures 2-6, and more, on one page.

    Several models stand side by side; values of one side only are listed as left out, never dropped in silence.

      cmrmap evaluate cohort -r results --reference cohort -o evaluation --studies cohort

      cmrmap evaluate cohort -r N1=out1 -r N2=out2 --reference reader=reader.csv -o evaluation
    """
    from cmrmap.core.map_specs import MapKind
    from cmrmap.evaluation.evaluation_provenance import evaluation_provenance
    from cmrmap.evaluation.experiment import evaluate
    from cmrmap.evaluation.reference import read_references
    from cmrmap.evaluation.write import write_evaluation

    models = {name or path.name: path for name, path in map(_named, results)}
    if len(models) != len(results):
        raise InputError("two results have the same name; give each one, NAME=DIR")
    references = [one for name, path in map(_named, reference) for one in read_references(path, name)]
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
    from rich.console import Console
    from rich.table import Table

    from cmrmap.evaluation.aims import aims_table

    table = aims_table(found, found.models[0], found.references[0])
    shown = Table(title=table.title)
    for name in table.header:
        shown.add_column(name)
    for row in table.rows:
        shown.add_row(*row)
    Console().print(shown)
