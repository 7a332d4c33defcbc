"""How often each form shows a number, and how its numbers are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset

from tests.forms.expected import FOUR, VALUE, Name, Numbers, Shown
from tests.forms.html_values import data_values, page_values
from tests.forms.pdf_values import pdf_values, read_pdf
from tests.forms.sr_values import has_measurements, sr_values
from tests.forms.text_values import is_text_report, text_values


@dataclass(frozen=True)
class Form:
    """One form: how it is read, and whether its numbers are rounded for people."""

    read: Callable[[Path], Shown]
    printed: bool


def measurement_report(output: Path) -> Dataset:
    """Return the structured report that holds the numbers; there is one."""
    return _report(output, has_measurements)


def text_report(output: Path) -> Dataset:
    """Return the structured report that holds the words; there is one."""
    return _report(output, is_text_report)


def _report(output: Path, is_it: Callable[[Dataset], bool]) -> Dataset:
    reports = [dcmread(path) for path in sorted(output.glob("*.dcm"))]
    (found,) = [one for one in reports if one.Modality == "SR" and is_it(one)]
    return found


def page_of(output: Path) -> str:
    """Return the HTML report."""
    return (output / "results" / "report.html").read_text(encoding="utf-8")


FORMS: Mapping[str, Form] = {
    "report": Form(lambda output: sr_values(measurement_report(output)), printed=False),
    "data": Form(lambda output: data_values(page_of(output)), printed=False),
    "page": Form(lambda output: page_values(page_of(output)), printed=True),
    "pdf": Form(lambda output: pdf_values(read_pdf(output / "results" / "report.pdf")), printed=True),
    "text": Form(lambda output: text_values(text_report(output)), printed=True),
}

_RANGE = ("range_mean", "range_sd")
#: which numbers of which place are shown how often: in the measurement report, the page's data, the page, the PDF,
#: the text report
_SHOWN = (
    ("study", ("percent",), (1, 0, 1, 1, 1)),
    ("patient", FOUR, (1, 1, 1, 2, 1)),
    ("patient", ("z", *_RANGE), (0, 0, 1, 2, 1)),
    ("mid_septum", VALUE, (0, 1, 1, 2, 1)),
    ("mid_septum", ("sd", "n_pixels"), (0, 1, 0, 0, 0)),
    ("blood", VALUE, (1, 0, 1, 2, 1)),
    ("slice", (*VALUE, "sd"), (1, 1, 1, 2, 1)),
    ("slice", ("n_pixels",), (1, 1, 1, 1, 1)),
    ("slice", ("z",), (0, 0, 1, 2, 1)),
    ("slice", _RANGE, (0, 0, 0, 1, 0)),
    ("segment", VALUE, (1, 1, 1, 1, 0)),
    ("segment", ("sd", "n_pixels"), (1, 1, 1, 0, 0)),
    ("segment", ("z",), (0, 0, 0, 1, 0)),
    ("network", VALUE, (1, 0, 1, 2, 1)),
    ("wedge", ("mean",), (0, 0, 1, 1, 0)),
)
_TIMES = {
    (place, quantity): dict(zip(FORMS, counts, strict=True))
    for place, quantities, counts in _SHOWN
    for quantity in quantities
}


def times(truth: Numbers, form: str) -> dict[Name, int]:
    """Return how often a form has to show each number of results.json; the PDF has a summary and pages of detail."""
    wanted = {name: _TIMES[_kind(name), name[2]][form] for name in truth}
    return {name: count for name, count in wanted.items() if count}


def _kind(name: Name) -> str:
    place = name[1]
    if name[0] == "study":
        return "study"
    if place.startswith("bull's-eye"):
        return "wedge"
    if place.startswith("slice"):
        return "network" if place.endswith("by network") else "segment" if "AHA" in place else "slice"
    return place
