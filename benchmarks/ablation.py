"""What each step of the drawing is worth: everything that is measured of the outlines, and the maps, without it.

    .venv/bin/python benchmarks/ablation.py DIR -o WORK [--seeds 21] [--only STEP ...]

DIR holds subjects as for `cmrmap evaluate segmentation`; they are only read. Every step is left out alone, all else as
shipped. The subjects are measured as that command does; besides, T2 series of phantom studies are, whose means are
compared with the truth. A row is kept in WORK as soon as it is measured, and not measured again: a run that was stopped
goes on. In the end all rows that are there are printed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import Float64Array
from cmrmap.core.errors import InputError
from cmrmap.core.files import write_file
from cmrmap.core.map_specs import MapKind
from cmrmap.evaluation import subject_figures as figures
from cmrmap.evaluation.border_summary import border_summary, spread, value_summaries
from cmrmap.evaluation.plain import plain
from cmrmap.evaluation.subject_figures import SubjectFigures, SubjectValues, subject_figures
from cmrmap.evaluation.subjects import Subject, read_subjects
from cmrmap.phantom.generate import PhantomStudy, generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.run.shipped_model import find_model_folder
from cmrmap.segmentation import Network, load_network, predict

_DRAW, _PREDICT, _RING = (f"cmrmap.segmentation.{name}" for name in ("slice_outlines", "predict", "ring"))
_REDRAWN = (_DRAW, f"{_PREDICT}.ventricle_places")  # what changes these has the network draw anew
_FIGURES = "cmrmap.evaluation.subject_figures"
_ROUND = 4  # decimals of the figures that are kept


def _pixelwise(probabilities: npt.NDArray[np.floating], *_: object) -> list[None]:
    return [None] * len(probabilities)


def _stay(fine: object, crops: Sequence[object], *_: object) -> list[object]:
    return list(crops)


def _no_shift(images: npt.NDArray[np.floating], *_: object) -> Float64Array:
    return np.zeros((len(images), 2))


def _nobody(correlation: Float64Array) -> npt.NDArray[np.bool_]:
    return np.zeros(len(correlation), dtype=np.bool_)


def _as_they_are(rings: Sequence[object], _: object) -> list[object]:
    return list(rings)


#: what is left out -> the attributes that are replaced
VARIANTS: dict[str, dict[str, object]] = {
    "nothing": {},
    "agreement of the rings": {f"{_PREDICT}.agree": _as_they_are},
    "caution at the epicardium": {f"{_RING}._CAUTION": 0.0},
    "an image's own grey": {f"{_RING}._EVIDENCE": 0.0},
    "the other images' grey": {f"{_RING}._OTHERS_EVIDENCE": 0.0},
    "the slice's shape as prior": {"cmrmap.segmentation.border._PRIOR_COST": 0.0},
    "rings (pixel by pixel)": {f"{_PREDICT}.find_rings": _pixelwise, f"{_PREDICT}.agree": _as_they_are},
    "places by regions": {f"{_DRAW}.match_regions": _no_shift},
    "setting other moments apart": {f"{_DRAW}._misleading": _nobody},
    "following the heart": {f"{_DRAW}._follow": _stay, f"{_DRAW}.match_regions": _no_shift},
}


class _Kept:
    """A function's results, kept by what ``key`` makes of its arguments: what is left out does not change them."""

    def __init__(self, function: Callable[..., Any], key: Callable[..., bytes]) -> None:
        self._function, self._key = function, key
        self._results: dict[bytes, Any] = {}

    def __call__(self, *given: Any) -> Any:
        key = hashlib.sha256(self._key(*given)).digest()
        if key not in self._results:
            self._results[key] = self._function(*given)
        return self._results[key]


def _kept() -> tuple[dict[str, object], dict[str, object]]:
    """Return replacements for all variants, and those for variants that leave the network's drawing as it is.

    Segments begin at the insertion points that are asked for first; so the values by the reader's outlines are the same
    in all variants.
    """
    always = {
        f"{_FIGURES}.insertion_points": _Kept(figures.insertion_points, lambda stack, _: stack.images.tobytes()),
        f"{_FIGURES}.values_by": _Kept(
            figures.values_by, lambda stack, outlines, _: stack.images.tobytes() + outlines.labels.tobytes()
        ),
        f"{_FIGURES}.border_errors": _Kept(
            figures.border_errors,
            lambda images, *labels_and_spacing: b"".join(
                np.asarray(one).tobytes() for one in (images, *labels_and_spacing)
            ),
        ),
        # what the reader's other images give is the same in every row, and is not shown
        f"{_FIGURES}.outlines_of_the_others": lambda masks: masks,
    }
    drawn = _Kept(predict._drawn, lambda given, _: given[0].tobytes() + repr(given[1]).encode())
    return always, {**always, f"{_PREDICT}._drawn": drawn}


@contextmanager
def _replaced(values: Mapping[str, object]) -> Iterator[None]:
    with ExitStack() as stack:
        for target, value in values.items():
            stack.enter_context(mock.patch(target, value))
        yield


def measure(
    replaced: Mapping[str, object], subjects: Sequence[Subject], studies: Sequence[PhantomStudy], network: Network
) -> dict[str, Any]:
    """Return the figures of one variant, as JSON holds them."""
    with _replaced(replaced):
        found = [subject_figures(one, network) for one in subjects]
        phantoms = [_phantom(one, network) for one in studies]
    rounded: dict[str, Any] = _rounded(
        plain(
            {
                "subjects": {one.name: _subject(one) for one in found},
                "borders": border_summary([(one.sectors, one.ours) for subject in found for one in subject.slices]),
                "values": {kind: one["ours"] for kind, one in value_summaries(found).items()},
                "phantoms": [
                    {"seed": study.parameters.seed, **one} for study, one in zip(studies, phantoms, strict=True)
                ],
            }
        )
    )
    return rounded


def _subject(one: SubjectFigures) -> dict[str, Any]:
    values = one.values
    return {
        "wall": np.nanmean(one.overlap.wall_dice),
        "wall_of_slices": np.nanmean(one.overlap.wall_dice, axis=1),
        "cavity": np.nanmean(one.overlap.cavity_dice),
        "borders": border_summary([(each.sectors, each.ours) for each in one.slices]),
        "slice_errors": [] if values is None else SubjectValues.slice_errors(values.ours, values.reader),
    }


def _phantom(study: PhantomStudy, network: Network) -> dict[str, Any]:
    """Wall Dice of every image of the T2 series, and the error of its slices' means against the truth."""
    series = study[MapKind.T2]
    stack, planes = series.stack, series.stack.geometry
    subject = Subject("phantom", stack.images, planes, series.labels, stack)
    found = subject_figures(subject, network)
    assert found.values is not None
    true = [study.truth.slice_mean(MapKind.T2, index) for index in range(len(planes))]
    return {
        "seed": study.parameters.seed,
        "wall": found.overlap.wall_dice,
        "t2": found.values.ours.mean - np.array(true),
    }


def _pooled(phantoms: Sequence[Mapping[str, Any]], name: str) -> dict[str, Any]:
    values = [value for one in phantoms for value in one.get(name, ())]
    pooled: dict[str, Any] = plain(spread(np.array(values, dtype=np.float64)))
    return pooled


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return round(value, _ROUND) if isinstance(value, float) else value


def kept_rows(work: Path, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the rows that are measured already, by the name of what is left out."""
    return {name: json.loads(_file(work, name).read_text()) for name in names if _file(work, name).is_file()}


def _file(work: Path, name: str) -> Path:
    return work / (re.sub(r"\W+", "-", name) + ".json")


def table(rows: Mapping[str, Mapping[str, Any]], tell: Callable[[str], None]) -> None:
    """Print one line a variant."""
    first = next(iter(rows.values()))
    subjects = list(first["subjects"])
    maps = [kind.value for kind in MapKind if any(kind.value in one for one in first["phantoms"])]
    head = ["left out", *(f"wall / cavity {name}" for name in subjects), "slices / rays off"]
    head += ["clear endocardium, epicardium to the edge, mm", "to the reader"]
    head += [f"{kind} of slices, worst; of segments, worst" for kind in first["values"]]
    if maps:
        head += ["phantom wall", *(f"phantom {name}, worst" for name in maps)]
    tell("| " + " | ".join(head) + " |")
    tell("|---" * len(head) + "|")
    for name, row in rows.items():
        borders = row["borders"]
        cells = [name]
        cells += [f"{row['subjects'][one]['wall']:.3f} / {row['subjects'][one]['cavity']:.3f}" for one in subjects]
        cells.append(f"{borders['slices_off']['count']} / {borders['rays_off']['count']}")
        cells += [", ".join(_error(one) for one in borders[key].values()) for key in ("clear", "clear_to_reader")]
        for values in row["values"].values():
            cells.append("; ".join(_error(values[key], 0, worst=True) for key in ("slices", "segments")))
        if maps:
            cells.append(f"{_pooled(row['phantoms'], 'wall')['bias']:.3f}")
            cells += [_error(_pooled(row["phantoms"], one), 2, worst=True) for one in maps]
        tell("| " + " | ".join(cells) + " |")


def _error(found: Mapping[str, Any], digits: int = 1, *, worst: bool = False) -> str:
    if found["sd"] is None:
        return "-"
    words = f"{found['bias']:+.{digits}f} ± {found['sd']:.{digits}f}"
    return f"{words}, {found['worst']:+.{digits}f}" if worst else words


def main(variants: Mapping[str, Mapping[str, object]], about: str | None) -> int:
    """Measure the variants of the command line and print them."""
    parser = argparse.ArgumentParser(description=(about or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--model", type=Path, help="(default: the shipped one)")
    parser.add_argument("--pixel-mm", type=float, default=1.4, help="of subjects without DICOM (default: %(default)s)")
    parser.add_argument("--seeds", type=int, nargs="*", default=[21], help="of the phantom studies")
    parser.add_argument("--only", nargs="+", choices=variants, default=list(variants), metavar="STEP")
    options = parser.parse_args()
    try:
        subjects, _ = read_subjects(options.data, options.pixel_mm)
    except InputError as error:
        sys.exit(str(error))
    run(variants, options.only, subjects, options)
    table(kept_rows(options.output, variants), print)
    return 0


def run(
    variants: Mapping[str, Mapping[str, object]],
    names: Sequence[str],
    subjects: Sequence[Subject],
    options: argparse.Namespace,
) -> None:
    """Measure the variants that are not measured yet, and keep each row when it is done."""
    network = load_network(options.model or find_model_folder())
    studies = [generate_study(draw_study_parameters(seed=seed)) for seed in options.seeds]
    always, as_drawn = _kept()
    wanted = [name for name in names if not _file(options.output, name).is_file()]
    if wanted:
        _ask_first(subjects, network, as_drawn)
    for name in wanted:
        replaced = variants[name]
        kept = always if any(target.startswith(_REDRAWN) for target in replaced) else as_drawn
        row = measure({**kept, **replaced}, subjects, studies, network)
        options.output.mkdir(parents=True, exist_ok=True)
        write_file(_file(options.output, name), (json.dumps(row, indent=1) + "\n").encode())
        print(f"measured: {name}", file=sys.stderr, flush=True)


def _ask_first(subjects: Sequence[Subject], network: Network, kept: Mapping[str, object]) -> None:
    """Have the insertion points found by the outlines as shipped, whichever variants are measured."""
    with _replaced(kept):
        for one in subjects:
            if one.stack is not None:
                figures.insertion_points(one.stack, np.stack([each.labels for each in one.drawn_by(network)]))


if __name__ == "__main__":
    sys.exit(main(VARIANTS, __doc__))
