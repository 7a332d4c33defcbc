"""How a finding is declared: once, with its code, its severity, its threshold and its words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Literal

from cmrmap.core.findings import QualityFlag, Severity, Threat
from cmrmap.core.map_specs import MapKind

_CODE = re.compile(r"[a-z0-9_]+")
_LIMIT = "limit"
MOST_WORDS = 25  # of a message: what is read in the seconds that a finding gets


@dataclass(frozen=True, slots=True)
class Threshold:
    """From where on something is worth telling.

    Attributes
    ----------
    side : on which side of the limit it is
    limit : a number or a share; None where the settings hold it, and then it is given each time
    of : what the number is of, as in "of the slice's images"
    percent : whether people read the limit in percent; it is a share here
    setting : where the limit is set, "" for one that is fixed
    """

    side: Literal["above", "below"]
    limit: float | None
    of: str
    percent: bool = False
    setting: str = ""

    def __post_init__(self) -> None:
        if (self.limit is None) != bool(self.setting):
            raise ValueError(
                f"a threshold has a limit or a setting that holds it; found {self.limit}, {self.setting!r}"
            )

    def crossed(self, found: float, limit: float | None = None) -> bool:
        """Tell whether a value is beyond the limit; on it is not beyond, and NaN never is.

        Parameters
        ----------
        found : in the unit of the limit
        limit : that of the settings, where they hold it

        Raises
        ------
        ValueError
            a limit that is given twice or not at all
        """
        bound = self.limit if limit is None else limit
        if bound is None or (limit is not None and self.limit is not None):
            raise ValueError(f"the limit {self.of} is {self.limit} and was given as {limit}; expected one of them")
        return found > bound if self.side == "above" else found < bound

    @property
    def shown_limit(self) -> float | None:
        """The limit as people read it."""
        return None if self.limit is None else 100 * self.limit if self.percent else self.limit

    def __str__(self) -> str:
        """Return the threshold in words."""
        if self.shown_limit is None:
            return f"{self.side} the limit in `{self.setting}` {self.of}"
        return f"{self.side} {self.shown_limit:.3g}{' %' if self.percent else ''} {self.of}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of finding.

    Attributes
    ----------
    code : the name that never changes
    severity : how much it weighs; the lesser one where there are two
    threatens : what it puts in doubt
    message : template of the sentence in the results: what was seen, and what to do; ``{limit}`` is the threshold's
    means : what that may mean
    advice : what a reader should do
    threshold : from where on it is told; None where there is nothing to measure
    warning_where : the rule by which a note becomes a warning; "" where it never does
    inherited : the sentence for a map that is made from one with this finding; "" where it is not handed on
    typical : values of an example, by name, for the list of findings
    """

    code: str
    severity: Severity
    threatens: Threat
    message: str
    means: str
    advice: str
    threshold: Threshold | None = None
    warning_where: str = ""
    inherited: str = ""
    typical: Mapping[str, object] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.code):
            raise ValueError(f"the code of a finding holds a-z, 0-9 and _; found {self.code!r}")
        if not (self.message and self.means and self.advice):
            raise ValueError(f"finding {self.code} needs a message, what it means and what to do")
        if self.warning_where and self.severity is not Severity.INFO:
            raise ValueError(f"finding {self.code} is a warning already; found a rule by which it becomes one")
        if _LIMIT in self._fields() and (self.threshold is None or self.threshold.limit is None):
            raise ValueError(f"finding {self.code} tells a limit but has none")
        if set(self.typical) != self._fields() - {_LIMIT}:
            raise ValueError(
                f"the example of {self.code} needs {sorted(self._fields() - {_LIMIT})}; found {sorted(self.typical)}"
            )

    def crossed(self, found: float, limit: float | None = None) -> bool:
        """Tell whether a value is beyond the finding's threshold: see ``Threshold.crossed``.

        Raises
        ------
        ValueError
            a finding without a threshold
        """
        if self.threshold is None:
            raise ValueError(f"finding {self.code} has no threshold")
        return self.threshold.crossed(found, limit)

    def flag(
        self,
        kind: MapKind | None = None,
        slice_index: int | None = None,
        *,
        is_warning: bool = False,
        detail: str = "",
        **values: object,
    ) -> QualityFlag:
        """Tell that this was found.

        Parameters
        ----------
        kind : the map that it is about; None: the study
        slice_index : None: every slice
        is_warning : whether the rule ``warning_where`` applies
        detail : what else there is to say, where the message leaves something out
        **values : what the message leaves open, except the limit

        Returns
        -------
        QualityFlag

        Raises
        ------
        ValueError
            values that are not those the message leaves open, or a warning that this never is
        """
        if is_warning and not self.warning_where:
            raise ValueError(f"finding {self.code} has no rule by which it becomes a warning")
        if set(values) != self._fields() - {_LIMIT}:
            raise ValueError(
                f"the message of {self.code} needs {sorted(self._fields() - {_LIMIT})}; found {sorted(values)}"
            )
        severity = Severity.WARNING if is_warning else self.severity
        message, whole = self.words(values)
        given = tuple(sorted(values.items()))
        return QualityFlag(self.code, severity, message, kind, slice_index, self.threatens, whole or detail, given)

    def words(self, values: Mapping[str, object]) -> tuple[str, str]:
        """Return the message, and the whole sentence where it had to be shortened for the message, else "".

        A text that is filled in, as the reason of a fault, may be of any length; what to do stands after it and must
        not be cut off with it.

        Parameters
        ----------
        values : what the message leaves open, except the limit
        """
        limit = None if self.threshold is None else self.threshold.shown_limit
        whole = self.message.format(limit=limit, **values)
        excess = len(whole.split()) - MOST_WORDS
        texts = {name: value.split() for name, value in values.items() if isinstance(value, str)}
        if excess <= 0 or not texts:
            return whole, ""
        longest = max(texts, key=lambda name: len(texts[name]))
        kept = " ".join(texts[longest][: max(len(texts[longest]) - excess, 0)]).rstrip(",;: ")
        return self.words({**values, longest: f"{kept}…"})[0], whole

    def flag_inherited(self, kind: MapKind, slice_index: int | None = None) -> QualityFlag:
        """Tell of a map that one which it is made from has this finding.

        Parameters
        ----------
        kind : the map that is made from the other
        slice_index : None: every slice

        Raises
        ------
        ValueError
            a finding that is not handed on
        """
        if not self.inherited:
            raise ValueError(f"finding {self.code} is not handed on to other maps")
        return QualityFlag(self.code, self.severity, self.inherited, kind, slice_index, self.threatens)

    def _fields(self) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(self.message) if name}
