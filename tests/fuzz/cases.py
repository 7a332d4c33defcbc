"""A mutant: a study's copy, what is said beside it, and what a mutator may do to it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pydicom
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from tests.fuzz.studies import BaseStudy

#: what keeps a run short: nothing of the numbers is touched by these settings but the maps' surroundings
QUICK_SETTINGS = """\
analysis:
  maps: {field: ring}
  outputs: {sd_maps: false, parametric_maps: false, segmentation: false, measurement_report: false, report: false,
            captures: false, segments_csv: false}
"""
WHOLE_SETTINGS = "analysis: {}\n"


class NotMadeError(Exception):
    """A mutator found nothing to do in this study."""


@dataclass
class Case:
    """A study's copy on its way to be damaged.

    Attributes
    ----------
    base : the study
    folder : its copy
    beside : for what is given beside the study: settings, weights, times
    rng : draws what is done
    arguments : more of the command line
    """

    base: BaseStudy
    folder: Path
    beside: Path
    rng: Random
    arguments: list[str] = field(default_factory=list)

    @property
    def images(self) -> list[Path]:
        """The study's DICOM files, in order."""
        return sorted(self.folder.glob("*.dcm"))

    def some_images(self) -> list[Path]:
        """One image, the images of one series, or all: what an exporter that does something wrong does it to."""
        images = self.images
        one = self.rng.choice(images)
        scope = self.rng.choice(("one", "one", "series", "all"))
        if scope == "one":
            return [one]
        if scope == "all":
            return images
        number = pydicom.dcmread(one, stop_before_pixels=True, force=True).get("SeriesInstanceUID")
        return [
            path
            for path in images
            if pydicom.dcmread(path, stop_before_pixels=True, force=True).get("SeriesInstanceUID") == number
        ]

    def settings(self, text: str | bytes) -> None:
        """Give settings in the place of the usual ones."""
        (self.beside / "settings.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())


#: does something to a case and says what, without any text of the study
Mutate = Callable[[Case], str]


@dataclass(frozen=True)
class Mutator:
    """One way to damage a study.

    Attributes
    ----------
    group, name : of the table
    mutate : does it
    share : how often, against the others
    bases : the studies that it is for; () for all
    asked : what it changes is what a user asks for: other numbers need no finding, and exit code 2 is allowed
    """

    group: str
    name: str
    mutate: Mutate
    share: float = 1.0
    bases: tuple[str, ...] = ()
    asked: bool = False


MUTATORS: dict[str, Mutator] = {}


def mutator(
    group: str, share: float = 1.0, bases: tuple[str, ...] = (), asked: bool = False
) -> Callable[[Mutate], Mutate]:
    """Enter a function into the list of mutators under its own name."""

    def enter(mutate: Mutate) -> Mutate:
        name = mutate.__name__.strip("_").replace("_", " ")
        MUTATORS[name] = Mutator(group, name, mutate, share, bases, asked)
        return mutate

    return enter


def copy_of(base: BaseStudy, source: Path, work: Path, rng: Random, *, whole: bool = False) -> Case:
    """Copy a study into an empty folder."""
    shutil.rmtree(work, ignore_errors=True)
    (work / "beside").mkdir(parents=True)
    shutil.copytree(source, work / "in")
    case = Case(base, work / "in", work / "beside", rng)
    case.settings(WHOLE_SETTINGS if whole else QUICK_SETTINGS)
    return case


def read(path: Path) -> Dataset:
    """Read an image, however odd."""
    return pydicom.dcmread(path, force=True)


def keys_of(image: Dataset) -> list[BaseTag]:
    """Return the tags of a dataset."""
    return list(image.keys())


def save(image: Dataset, path: Path) -> None:
    """Write an image, however odd; what cannot be written is no mutant."""
    try:
        image.save_as(path, enforce_file_format=False)
    except Exception as error:
        raise NotMadeError(type(error).__name__) from error
