"""MOLLI, ShMOLLI and SASHA as a phantom study can have them: their signals come from the Bloch equations alone.

STONE stays with its equation (`cmrmap.phantom.sequences`): every image has an inversion of recovered magnetisation for
itself, so that there the equation is the physics.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import Float64Array
from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.relaxation_models import ModelName
from cmrmap.phantom.bloch import readout_response
from cmrmap.phantom.bssfp_readout import BalancedReadout
from cmrmap.phantom.heartbeats import LookLockerScheme, PreparedImages, draw_saturation_recovery
from cmrmap.phantom.prepared_train import Preparation, train_signals
from cmrmap.phantom.tissue import USUAL_FIELD_T, Tissue, TissueSet

STONE = "stone"
#: chemical shift of fat at 1.5 T
_FAT_SHIFT_HZ = 220.0
_FAT = (Tissue.FAT, Tissue.MARROW)
#: between two beats a ventricle's blood is exchanged but for what it did not eject (an ejection fraction of 0.6)
_BLOOD_RENEWED = 0.6
_BLOOD = (Tissue.VESSEL, Tissue.CAVITY, Tissue.RV_BLOOD)
#: written for the image of SASHA that no saturation precedes, as for STONE's without an inversion
_NO_SATURATION_MS = 30000.0


@dataclass(frozen=True, slots=True)
class T1Protocol:
    """One T1 mapping sequence whose readouts disturb the recovery that they sample.

    Attributes
    ----------
    name : of the sequence, begins the SeriesDescription
    model : that users fit to it
    scheme : of images and pauses; None: one saturation an image, as SASHA has it
    readout : of every image
    preparation : inversion or saturation
    off_resonance_hz : of the water in the whole heart
    blood_renewed : share of the blood that is exchanged between two beats

    Raises
    ------
    InputError
        an off-resonance that is not finite, or a share outside 0 to 1
    """

    name: str
    model: ModelName
    scheme: LookLockerScheme | None
    readout: BalancedReadout = field(default_factory=BalancedReadout)
    preparation: Preparation = field(default_factory=lambda: Preparation.inversion(0.96))
    off_resonance_hz: float = 0.0
    blood_renewed: float = _BLOOD_RENEWED

    def __post_init__(self) -> None:
        if not np.isfinite(self.off_resonance_hz):
            raise InputError(f"off-resonance must be a finite frequency in Hz; found {self.off_resonance_hz:g}")
        if not 0.0 <= self.blood_renewed <= 1.0:
            raise InputError(f"blood_renewed is a share within 0..1; found {self.blood_renewed:g}")

    @property
    def is_inversion(self) -> bool:
        """Whether images follow inversions; else each follows a saturation."""
        return self.scheme is not None

    @property
    def slug(self) -> str:
        """Name of folders."""
        letters = "".join(letter if letter.isalnum() else " " for letter in self.name.lower())
        return "_".join(letters.split())

    def with_efficiency(self, efficiency: float) -> T1Protocol:
        """Return the protocol with another efficiency of its preparation pulse, whatever the tissue's T2.

        Parameters
        ----------
        efficiency : share of the magnetisation that the pulse turns over or saturates, above 0 to 1

        Returns
        -------
        T1Protocol
            the same but for its pulse

        Raises
        ------
        InputError
            an efficiency that is none
        """
        if not 0.0 < efficiency <= 1.0:
            raise InputError(f"the preparation's efficiency must be within (0, 1]; found {efficiency:g}")
        pulse = Preparation.inversion if self.is_inversion else Preparation.saturation
        return replace(self, preparation=pulse(efficiency))

    def draw(self, rng: np.random.Generator, heart_rate_bpm: float, rr_variation: float = 0.02) -> PreparedImages:
        """Draw the events of one slice.

        Parameters
        ----------
        rng : generator of this slice's timing
        heart_rate_bpm : mean beats a minute
        rr_variation : SD of the beat's length over its mean

        Returns
        -------
        PreparedImages
            pulses and readouts in the order in which they happen
        """
        if self.scheme is None:
            return draw_saturation_recovery(rng, heart_rate_bpm, rr_variation)
        return self.scheme.draw(rng, heart_rate_bpm, rr_variation)

    def times_ms(self, images: PreparedImages) -> Float64Array:
        """Return inversion or saturation times.

        Parameters
        ----------
        images : events of one slice

        Returns
        -------
        (image,) finite, ms, in the order in which the images are taken
        """
        return images.delays_ms(_NO_SATURATION_MS)

    def order(self, images: PreparedImages) -> npt.NDArray[np.intp]:
        """Return where the images stand when their times ascend.

        Parameters
        ----------
        images : events of one slice

        Returns
        -------
        (image,) places in the order in which the images are taken, of the shortest time first
        """
        return np.argsort(self.times_ms(images), kind="stable")

    def signals(self, tissues: TissueSet, t1_ms: Float64Array, images: PreparedImages) -> Float64Array:
        """Return the signals of the phantom's tissues.

        Parameters
        ----------
        tissues : T2, proton density and the field strength, with which the chemical shift of fat grows
        t1_ms : (tissue,), before or after contrast
        images : events of one slice

        Returns
        -------
        (image, tissue) signed and finite, relative to water's density, in the order in which the images are taken
        """
        shift = np.zeros(len(Tissue))
        shift[list(_FAT)] = _FAT_SHIFT_HZ * (tissues.field_strength_t / USUAL_FIELD_T)
        renewed = np.zeros(len(Tissue))
        renewed[list(_BLOOD)] = self.blood_renewed
        relative = self.relative_signals(t1_ms, tissues.t2_ms, images, shift_hz=shift, renewed=renewed)
        return relative * tissues.proton_density

    def relative_signals(
        self,
        t1_ms: npt.ArrayLike,
        t2_ms: npt.ArrayLike,
        images: PreparedImages,
        *,
        shift_hz: npt.ArrayLike = 0.0,
        renewed: npt.ArrayLike = 0.0,
    ) -> Float64Array:
        """Return the signals of any tissues, by the Bloch equations.

        Parameters
        ----------
        t1_ms, t2_ms : (...) of the tissues
        images : events of one slice
        shift_hz : (...) chemical shift, beside the protocol's off-resonance
        renewed : (...) share that is exchanged between two beats

        Returns
        -------
        (image, ...) signed and finite, relative to equilibrium, in the order in which the images are taken
        """
        off = self.off_resonance_hz + np.asarray(shift_hz, dtype=np.float64)
        response = readout_response(self.readout, t1_ms, t2_ms, off)
        return train_signals(images, self.preparation, self.readout, response, t1_ms, t2_ms, renewed=renewed)


def _molli(text: str) -> T1Protocol:
    return T1Protocol(f"MOLLI {text}", "molli_3p", LookLockerScheme(text))


# 70 degrees suit SASHA, whose images all begin at the saturation: Chow et al., Magn Reson Med 2014;71:2082-2095
_SASHA = T1Protocol("SASHA", "sasha_3p", None, BalancedReadout(flip_angle_deg=70.0), Preparation.saturation(0.98))
_SHMOLLI = T1Protocol("ShMOLLI 5(1)1(1)1", "shmolli_3p", LookLockerScheme("5(1)1(1)1"))

#: name on the command line -> protocol before and after contrast; before and after as the consensus recommends them
#: (Messroghli et al., J Cardiovasc Magn Reson 2017;19:75)
T1_PROTOCOLS: Mapping[str, tuple[T1Protocol, T1Protocol]] = MappingProxyType(
    {
        "molli": (_molli("5(3)3"), _molli("4(1)3(1)2")),
        "molli-seconds": (_molli("5s(3s)3s"), _molli("4s(1s)3s(1s)2s")),
        "molli-original": (_molli("3(3)3(3)5"), _molli("3(3)3(3)5")),
        "shmolli": (_SHMOLLI, _SHMOLLI),
        "sasha": (_SASHA, _SASHA),
    }
)


def t1_protocols(
    name: str = STONE, *, efficiency: float | None = None, off_resonance_hz: float = 0.0
) -> dict[MapKind, T1Protocol]:
    """Return the protocol of each T1 series; none for STONE.

    Parameters
    ----------
    name : "stone" or a key of `T1_PROTOCOLS`
    efficiency : of the inversion or saturation; None: the protocol's own
    off_resonance_hz : of the heart

    Returns
    -------
    dict
        map -> protocol, of native and post-contrast T1; empty for STONE

    Raises
    ------
    InputError
        no protocol of this name, or one that has no use for what is asked
    """
    if name == STONE:
        if efficiency is not None or off_resonance_hz:
            known = ", ".join(T1_PROTOCOLS)
            raise InputError(f"an efficiency or off-resonance is simulated for {known} only; found {STONE}")
        return {}
    if name not in T1_PROTOCOLS:
        raise InputError(f"the T1 sequence must be one of {', '.join((STONE, *T1_PROTOCOLS))}; found {name!r}")
    chosen = T1_PROTOCOLS[name]
    if efficiency is not None:
        chosen = (chosen[0].with_efficiency(efficiency), chosen[1].with_efficiency(efficiency))
    kinds = (MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1)
    return {kind: replace(one, off_resonance_hz=off_resonance_hz) for kind, one in zip(kinds, chosen, strict=True)}
