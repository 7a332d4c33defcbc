"""What a whole cohort has in common: the seed, the scanner and its protocols, and how ill the patients may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from cmrmap.core.errors import InputError
from cmrmap.phantom.field_strength import field_strength
from cmrmap.phantom.flavours import STANDARD, find_flavour
from cmrmap.phantom.parameters import StudyParameters
from cmrmap.phantom.patients import draw_patient
from cmrmap.phantom.sequences import ECHO_TRAIN_TIMES_MS, t2_times_ms
from cmrmap.phantom.t1_protocols import STONE, t1_protocols
from cmrmap.phantom.tissue import USUAL_FIELD_T

#: raise it when a seed comes to mean other patients
GENERATION = 2
USUAL, WIDE = CONDITIONS = ("usual", "wide")
NINE = "nine"


@dataclass(frozen=True, slots=True)
class CohortOptions:
    """Options of a cohort; none of them changes what another one draws.

    Attributes
    ----------
    seed : of the cohort
    t1 : the T1 sequence, see `cmrmap.phantom.t1_protocols.t1_protocols`
    t2 : the T2-prepared images, a key of `cmrmap.phantom.sequences.T2_PROTOCOLS`
    conditions : "usual", the groups of `cmrmap.phantom.patients`, or "wide", those of `cmrmap.phantom.conditions`
    field_strength_t : of the magnet, tesla
    flavour : the vendor profile in which every study is written; T2 images that it cannot tell are not made, and where
        it tells their times as echo times, they are nine echoes of a spin-echo train

    Raises
    ------
    InputError
        an option that the phantom does not know, or T2 images that the vendor profile cannot tell
    """

    seed: int = 1
    t1: str = STONE
    t2: str = NINE
    conditions: str = USUAL
    field_strength_t: float = USUAL_FIELD_T
    flavour: str = STANDARD

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise InputError(f"a cohort's seed must be >= 0; found {self.seed}")
        if self.conditions not in CONDITIONS:
            raise InputError(f"the conditions must be one of {', '.join(CONDITIONS)}; found {self.conditions!r}")
        t1_protocols(self.t1)
        field_strength(self.field_strength_t)
        t2_times_ms(self.t2)
        if find_flavour(self.flavour).echo_train and self.t2 != NINE:
            raise InputError(
                f"in the vendor profile {self.flavour} T2 is a spin-echo train of {NINE} echoes, not {self.t2} "
                "T2-prepared images; take another profile"
            )

    @classmethod
    def read(cls, about: Mapping[str, Any]) -> CohortOptions:
        """Return the options that a cohort.json tells; those that it does not name are the usual ones."""
        return cls(**{item.name: about[item.name] for item in fields(cls) if item.name in about})

    def told(self) -> dict[str, Any]:
        """Return the seed and every other option that is not the usual one, for cohort.json."""
        unusual = {item.name: getattr(self, item.name) for item in fields(self)[1:]}
        return {"seed": self.seed} | {name: value for name, value in unusual.items() if value != _usual(name)}

    def words(self, beside: CohortOptions) -> str:
        """Return the options as a message names them: the T1 sequence, and what differs from another cohort's."""
        parts = [f"T1 by {self.t1}"]
        texts = {
            "t2": f"{self.t2} T2 images",
            "conditions": f"{self.conditions} conditions",
            "field_strength_t": f"{self.field_strength_t:g} T",
            "flavour": f"profile {self.flavour}",
        }
        parts += [text for name, text in texts.items() if getattr(self, name) != getattr(beside, name)]
        return ", ".join(parts)

    def draw(self, number: int) -> StudyParameters:
        """Draw patient ``number``, from 1."""
        profile = find_flavour(self.flavour)
        times = ECHO_TRAIN_TIMES_MS if profile.echo_train else t2_times_ms(self.t2)
        return draw_patient(
            self.seed,
            number,
            t1_protocols(self.t1),
            wide=self.conditions == WIDE,
            magnet=field_strength(self.field_strength_t),
            t2_times_ms=tuple(time for time in times if profile.tells_t2(time)),
            echo_train=profile.echo_train,
        )


def _usual(name: str) -> Any:
    return next(item.default for item in fields(CohortOptions) if item.name == name)
