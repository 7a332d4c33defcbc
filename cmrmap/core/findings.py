"""What is worth telling about a study, and why something was not made."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, get_args

from cmrmap.core.map_specs import MapKind

#: "absent": there was nothing to make it from; "refused": there was, but it may not be used
RefusalStatus = Literal["absent", "refused"]


class Severity(str, Enum):
    """How much a finding weighs; what may not be used at all is no finding but a ``Refusal``.

    Attributes
    ----------
    INFO : worth knowing
    WARNING : look before a value is used
    ERROR : the value cannot be right; nothing is computed from it
    """

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    def __str__(self) -> str:
        """Return the word that results.json has; formatting an ``Enum`` differs between versions of Python."""
        return self.value


class Threat(str, Enum):
    """What a finding puts in doubt; findings are told in this order.

    Attributes
    ----------
    VALUE : a number may be wrong, or less precise than it looks
    SEGMENT : AHA segments: where they lie, or whether they have a value
    SLICE : what a slice was made from
    MAP : what a whole map was made from, and what it may be compared with
    STUDY : what was read of the study
    """

    VALUE = "value"
    SEGMENT = "segment"
    SLICE = "slice"
    MAP = "map"
    STUDY = "study"

    def __str__(self) -> str:
        """Return the word that results.json has; formatting an ``Enum`` differs between versions of Python."""
        return self.value


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was not made; travels where the result would have travelled.

    Attributes
    ----------
    kind : of the map that was not made
    status : see ``RefusalStatus``
    reason : in words
    slice_index : None where the whole map was not made

    Raises
    ------
    ValueError
        another status
    """

    kind: MapKind
    status: RefusalStatus
    reason: str
    slice_index: int | None = None

    def __post_init__(self) -> None:
        if self.status not in get_args(RefusalStatus):
            raise ValueError(
                f"status of a refusal must be one of {', '.join(get_args(RefusalStatus))}; found {self.status!r}"
            )


@dataclass(frozen=True, slots=True)
class QualityFlag:
    """One finding about a study, with its reason; made from its declaration in ``cmrmap.quality.catalogue``.

    Attributes
    ----------
    code : of the declaration; the same in every version
    severity : how much it weighs here
    message : what was found and what to do, in 25 words at most
    map : the map that it is about; None where it is about the study
    slice_index : None where it is about every slice
    threatens : what it puts in doubt
    detail : the whole sentence, and its reasons, where they did not fit into the message; "" where it says it all
    values : name and value of what was filled into the message, by which equal findings of several slices are joined
    """

    code: str
    severity: Severity
    message: str
    map: MapKind | None = None
    slice_index: int | None = None
    threatens: Threat = Threat.STUDY
    detail: str = ""
    values: tuple[tuple[str, object], ...] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "severity", Severity(self.severity))
        object.__setattr__(self, "threatens", Threat(self.threatens))

    @property
    def sentence(self) -> str:
        """The message, unshortened."""
        return self.detail or self.message
