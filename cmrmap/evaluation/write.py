"""An evaluation as files: tables in three formats, figures, evaluation.json with every number, and the page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from cmrmap.core.files import write_file
from cmrmap.core.map_specs import MapKind
from cmrmap.evaluation import agreement_tables as tables
from cmrmap.evaluation import examples, figures, render
from cmrmap.evaluation.aims import aims_table
from cmrmap.evaluation.evaluation_provenance import EvaluationProvenance
from cmrmap.evaluation.experiment import MAPS, Evaluation
from cmrmap.evaluation.far_off import far_off_table
from cmrmap.evaluation.plain import plain
from cmrmap.evaluation.wording import TextTable, safe_name

PAGE_NAME = "evaluation.html"


def write_evaluation(
    evaluation: Evaluation,
    provenance: EvaluationProvenance,
    output: Path,
    *,
    models: Mapping[str, Path],
    studies: Path | None = None,
) -> Path:
    """Write everything into ``output`` and return the page.

    Parameters
    ----------
    models : as for `evaluate`; the figures are of the first one
    studies : input folder of the cohort; None: no figures of images
    """
    every = all_tables(evaluation)
    lines = provenance.lines
    for table in every:
        write_file(output / "tables" / f"{table.name}.md", render.to_markdown(table, lines).encode())
        write_file(output / "tables" / f"{table.name}.csv", render.to_csv(table, lines).encode())
        write_file(output / "tables" / f"{table.name}.tex", render.to_latex(table, lines).encode())
    drawn = all_figures(evaluation, models, studies)
    for name, (_, svg) in drawn.items():
        write_file(output / "figures" / f"{name}.svg", svg)
    content = {"provenance": plain(provenance), "maps": [plain(one) for one in evaluation.maps]}
    write_file(output / "evaluation.json", (json.dumps(content, indent=1, allow_nan=False) + "\n").encode())
    introduction = (
        f"{', '.join(evaluation.models)} compared with {', '.join(evaluation.references)}. Differences are automatic "
        "minus reference. Virtual patients are phantoms: results for them need not apply to patients.",
    )
    page = render.to_page("Evaluation", introduction, every, drawn, lines)
    return write_file(output / PAGE_NAME, page.encode())


def all_tables(evaluation: Evaluation) -> tuple[TextTable, ...]:
    """Return every table, the aims first."""
    first = evaluation.models[0]
    out = [aims_table(evaluation, first, reference) for reference in evaluation.references[:1]]
    out.append(tables.table_1(evaluation))
    for reference in evaluation.references:
        out += [
            tables.table_2(evaluation, kind, reference)
            for kind in (MapKind.T2, MapKind.ECV)
            if evaluation.select(reference, kind)
        ]
        out += [tables.table_3(evaluation, model, reference) for model in evaluation.models]
        out += [
            tables.agreement_table(evaluation, kind, reference) for kind in MAPS if evaluation.select(reference, kind)
        ]
        out.append(tables.calibration_table(evaluation, reference, MAPS))
        out.append(far_off_table(evaluation, reference))
    return (*out, tables.exclusion_table(evaluation))


def all_figures(
    evaluation: Evaluation, models: Mapping[str, Path], studies: Path | None
) -> dict[str, tuple[str, bytes]]:
    """Return name -> (caption, SVG)."""
    first, out = evaluation.models[0], {}
    results = models[first]
    if studies is not None:
        name = _typical(evaluation, first)
        example = None if name is None else examples.load_example(studies, results, name)
        if example is not None:
            caption = f"Figure 2. Outlines of {first} on weighted images of {name}, shortest to longest time."
            out["figure2_outlines"] = (caption, examples.outlines_figure(example))
            caption = f"Figure 3. T2 and ECV maps of {name}, base to apex, before and after pruning."
            out["figure3_maps"] = (caption, examples.maps_figure(example))
    for number, kind in ((4, MapKind.T2), (5, MapKind.ECV)):
        for reference in evaluation.references:
            for one in evaluation.select(reference, kind):
                if one.model == first:
                    caption = (
                        f"Figure {number}. {kind.value}, {first} against {reference}: scatter with the line of unity, "
                        "Bland-Altman with bias and 1.96 SD limits."
                    )
                    key = f"figure{number}_{kind.value}_{safe_name(reference)}"
                    out[key] = (caption, figures.agreement_figure(one))
    reference = evaluation.references[0]
    worst = tuple(
        one for kind in (MapKind.T2, MapKind.ECV) for one in evaluation.select(reference, kind) if one.model == first
    )
    drawn = None if studies is None else examples.failures_figure(studies, results, worst)
    if drawn is not None:
        out["figure6_failures"] = (f"Figure 6. Slices with the largest errors, {first} against {reference}.", drawn)
    out["roc"] = (
        f"Raised T2 and ECV against {reference}; dots: at the threshold.",
        figures.roc_figure(evaluation, reference),
    )
    out["calibration"] = (
        f"Intervals and refusals against {reference}. Top: share of intervals that contain the reference. Bottom: "
        "error of the segments that are kept.",
        figures.calibration_figure(evaluation, reference),
    )
    return out


def _typical(evaluation: Evaluation, model: str) -> str | None:
    """Name the study whose T2 error is the median one: neither the best nor the worst is shown."""
    for one in evaluation.select(evaluation.references[0], MapKind.T2):
        table = one.scopes["patient"].pairs.table
        if one.model == model and len(table):
            order = (table["automatic"] - table["reference"]).abs().sort_values().index
            return str(table.loc[order[len(order) // 2], "study"])
    return None
