"""What a series is called, in a form that words can be looked for in."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from pydicom.dataset import Dataset

from cmrmap.dicom.headers.values import text

_SEPARATORS = re.compile(r"[\s_\-./\\,;:()\[\]+=]+")


def folded(given: str) -> str:
    """Return the text in lower case without accents, separators as single blanks.

    Parameters
    ----------
    given : in any language and case
    """
    bare = "".join(c for c in unicodedata.normalize("NFKD", given) if not unicodedata.combining(c))
    plain = unicodedata.normalize("NFC", bare)  # Korean syllables come apart in NFKD
    return _SEPARATORS.sub(" ", plain.casefold()).strip()


def description_words(frame: Dataset) -> str:
    """Return SeriesDescription and ProtocolName, folded.

    Parameters
    ----------
    frame : a header
    """
    return folded(f"{text(frame, 'SeriesDescription')} {text(frame, 'ProtocolName')}")


@dataclass(frozen=True, slots=True)
class WordRule:
    """A pattern in folded descriptions, what it tells, and descriptions on which it must and must not fire.

    Attributes
    ----------
    answer : what a match means
    language : whose words they are
    pattern : regular expression, searched for in folded text
    examples : descriptions that it must match; the tests go through them
    not_examples : descriptions that it must leave alone
    """

    answer: str
    language: str
    pattern: re.Pattern[str]
    examples: tuple[str, ...]
    not_examples: tuple[str, ...] = ()

    def search(self, words: str) -> str | None:
        """Return what it matches in folded text, or None.

        Parameters
        ----------
        words : from :func:`folded`
        """
        match = self.pattern.search(words)
        return match.group(0).strip() if match else None
