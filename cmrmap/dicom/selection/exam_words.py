"""Words that a scanner writes into every series because they are about the exam: they tell nothing about one series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset

from cmrmap.core.map_spec import Weighting
from cmrmap.dicom.headers.values import text
from cmrmap.dicom.headers.words import folded
from cmrmap.dicom.selection.series_rules import weighting_by_words


@dataclass(frozen=True, slots=True)
class ExamWords:
    """Folded words of SeriesDescription and of ProtocolName that are about the exam."""

    description: frozenset[str] = frozenset()
    protocol: frozenset[str] = frozenset()

    def about_series(self, frame: Dataset) -> tuple[tuple[str, str], tuple[str, str]]:
        """Return the words that are left of a series' description and protocol, each with what it is called."""
        return (
            (_left(text(frame, "SeriesDescription"), self.description), "description"),
            (_left(text(frame, "ProtocolName"), self.protocol), "protocol's name"),
        )


NO_EXAM_WORDS = ExamWords()


def find_exam_words(headers: Iterable[Dataset]) -> ExamWords:
    """Return the words of a study that are about the exam ("CARDIAC W WO CONTRAST" in every ProtocolName).

    Of ProtocolName (0018,1030) those of half of the series or more: the description tells one series from another. Of
    a single series nobody knows what its ProtocolName is about, and all of it is returned if a SeriesDescription
    speaks for the series. Of SeriesDescription those of all series, some of which are not T1 weighted.

    Parameters
    ----------
    headers : of all MR images of the study, those of no mapping series too
    """
    by_series: dict[str, Dataset] = {}
    for header in headers:
        by_series.setdefault(text(header, "SeriesInstanceUID"), header)
    series = list(by_series.values())
    if len(series) < 2:
        alone = [_words(text(one, "ProtocolName")) for one in series if text(one, "SeriesDescription").strip()]
        return ExamWords(protocol=frozenset[str]().union(*alone))
    described, protocols = (_told(series, keyword) for keyword in ("SeriesDescription", "ProtocolName"))
    counts = Counter(word for words in protocols for word in words)
    frequent = frozenset(word for word, count in counts.items() if count >= max(2, len(protocols) / 2))
    if len(described) < len(series) or all(weighting_by_words(header) is Weighting.T1 for header in series):
        return ExamWords(protocol=frequent)
    return ExamWords(frozenset.intersection(*described), frequent)


def _words(given: str) -> frozenset[str]:
    return frozenset(folded(given).split())


def _told(series: Sequence[Dataset], keyword: str) -> list[frozenset[str]]:
    return [words for header in series if (words := _words(text(header, keyword)))]


def _left(given: str, without: frozenset[str]) -> str:
    return " ".join(word for word in folded(given).split() if word not in without)
