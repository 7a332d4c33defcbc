"""What healthy volunteers had in published studies: for orientation beside a value, never to judge it by.

T1, T2 and ECV depend on field strength, sequence and scanner (Messroghli et al., J Cardiovasc Magn Reson 2017;19:75),
so no z-score is made of these; a site's own ranges go before them. Each is shown only for its own field strength and
kind of sequence. Post-contrast T1 has none, since dose and delay decide it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cmrmap.core.map_specs import MapKind

_SPREAD_T = 0.15  # of a field strength about the nominal one


@dataclass(frozen=True, slots=True)
class PublishedRange:
    """A published range.

    Attributes
    ----------
    kind : of the map
    models : relaxation models whose sequences it was measured with; of ECV: those of its native T1
    field_strength_t : nominal
    value : in the map's unit, with what the spread is: "950 ± 21"
    what : what the numbers are, and of whom
    sequence : that was used
    citation : where it was published: author, journal, year, the first page where the journal has pages, doi
    """

    kind: MapKind
    models: tuple[str, ...]
    field_strength_t: float
    value: str
    what: str
    sequence: str
    citation: str

    @property
    def spread(self) -> str:
        """What the numbers of ``value`` are: "52 (51-53)" is no range of normal hearts, as "950 ± 21" is."""
        return "mean ± SD" if "±" in self.value else "pooled mean (95 % confidence interval)"

    @property
    def author_year(self) -> str:
        """The citation as a text cites it: "Dabir 2014"."""
        return re.sub(r"^(\S+) .*? (\d{4})[;,].*", r"\1 \2", self.citation)


_DABIR = "Dabir et al., J Cardiovasc Magn Reson 2014, doi:10.1186/s12968-014-0069-x"
_ROSMINI = "Rosmini et al., Eur Heart J Cardiovasc Imaging 2018;19:615, doi:10.1093/ehjci/jey034"
_ROY = "Roy et al., J Cardiovasc Magn Reson 2017, doi:10.1186/s12968-017-0371-5"
_GRANITZ = "Granitz et al., Wien Klin Wochenschr 2019, doi:10.1007/s00508-018-1411-3"
_HANSON = "Hanson et al., Radiology 2020;297:344, doi:10.1148/radiol.2020200989"
_T1, _T2, _ECV, _T2_STAR = MapKind.NATIVE_T1, MapKind.T2, MapKind.ECV, MapKind.T2_STAR
_VOLUNTEERS = "mean ± SD of {n} healthy volunteers"
_DABIR_WHO = "mean ± SD of healthy volunteers, 102 at both field strengths, in a mid-ventricular slice"
_ROSMINI_WHO = f"{_VOLUNTEERS.format(n=94)}, in the mid anteroseptum"
_T2_PREPARED, _SASHA = ("t2_3p", "t2_2p"), ("sasha_2p", "sasha_3p")
_POOLED = "pooled mean and its 95 % confidence interval, 42 studies of healthy adults at both field strengths"
_META = "T2-prepared bSSFP and GraSE"
#: of an echo train: the model is that of T2-prepared images
ECHO_TRAIN = "echo_train"

PUBLISHED: tuple[PublishedRange, ...] = (
    PublishedRange(_T1, ("molli_3p",), 1.5, "950 ± 21", _DABIR_WHO, "MOLLI 3(3)3(3)5", _DABIR),
    PublishedRange(_T1, ("molli_3p",), 3.0, "1052 ± 23", _DABIR_WHO, "MOLLI 3(3)3(3)5", _DABIR),
    PublishedRange(_T1, ("shmolli_3p",), 1.5, "957 ± 30", _ROSMINI_WHO, "ShMOLLI", _ROSMINI),
    PublishedRange(_T1, _SASHA, 1.5, "1144 ± 45", _ROSMINI_WHO, "SASHA", _ROSMINI),
    PublishedRange(_ECV, ("molli_3p",), 1.5, "25 ± 4", _DABIR_WHO, "MOLLI 3(3)3(3)5", _DABIR),
    PublishedRange(_ECV, ("molli_3p",), 3.0, "26 ± 4", _DABIR_WHO, "MOLLI 3(3)3(3)5", _DABIR),
    PublishedRange(_ECV, ("shmolli_3p",), 1.5, "28.4 ± 3.0", _ROSMINI_WHO, "ShMOLLI", _ROSMINI),
    PublishedRange(_ECV, _SASHA, 1.5, "24.1 ± 2.9", _ROSMINI_WHO, "SASHA", _ROSMINI),
    PublishedRange(_T2, _T2_PREPARED, 1.5, "52 (51-53)", _POOLED, _META, _HANSON),
    PublishedRange(_T2, _T2_PREPARED, 3.0, "46 (44-48)", _POOLED, _META, _HANSON),
    PublishedRange(_T2, (ECHO_TRAIN,), 1.5, "55.8 ± 2.8", _VOLUNTEERS.format(n=60), "GraSE", _GRANITZ),
    PublishedRange(_T2, (ECHO_TRAIN,), 3.0, "51.6 ± 3", _VOLUNTEERS.format(n=60), "GraSE", _GRANITZ),
    PublishedRange(
        _T2_STAR, ("t2_star_2p",), 3.0, "24 ± 5", _VOLUNTEERS.format(n=75), "multi-echo gradient echo", _ROY
    ),
)


def published_range(kind: MapKind, model: str, field_strength_t: float | None) -> PublishedRange | None:
    """Return the published range of a map; None where there is none for its field strength and sequence.

    Parameters
    ----------
    kind : of the map
    model : relaxation model; of ECV that of its native T1; ``ECHO_TRAIN`` for T2 of a train
    field_strength_t : of the scanner, or None where unknown
    """
    for one in PUBLISHED:
        near = field_strength_t is not None and abs(field_strength_t - one.field_strength_t) <= _SPREAD_T
        if near and one.kind is kind and model in one.models:
            return one
    return None
