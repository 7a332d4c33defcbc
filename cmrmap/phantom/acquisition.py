"""How a phantom is scanned beyond times, noise and motion; the defaults are the plain phantom study."""

from __future__ import annotations

from dataclasses import dataclass, field, fields


@dataclass(frozen=True, slots=True)
class AcquisitionParameters:
    """What sequence, coil and rhythm do to the images of one study.

    Attributes
    ----------
    point_spread_mm : full width at half maximum of the point spread; with the pixel's own width the default gives about
        1.8 mm, a little sharper than the 2.1 mm pixels that the in-vivo sequence acquires and interpolates
    coil_strength : of the surface coils; 1 leaves 1-5 % per cm over the ventricle, as a uniformity correction does,
        0 is a uniform coil
    t2_preparation_delay_ms : between a T2 preparation and the readout (spoiler, ramp-up pulses)
    rr_variation : relative SD of the RR interval from beat to beat
    mistimed_share : probability that an image was triggered in the wrong cardiac phase (an extra beat)
    ghost_amplitude : largest relative amplitude of the breathing ghosts in an image
    band_depth : share of the signal lost in the middle of an off-resonance band at the inferolateral wall
    band_width_mm : standard deviation across that band
    """

    point_spread_mm: float = 1.3
    coil_strength: float = 1.0
    t2_preparation_delay_ms: float = 60.0
    rr_variation: float = 0.02
    mistimed_share: float = 0.0
    ghost_amplitude: float = 0.0
    band_depth: float = 0.0
    # not part of what is printed: the UIDs of usual studies are made from it
    band_width_mm: float = field(default=9.0, repr=False)

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if not 0.0 <= value < float("inf"):
                raise ValueError(f"{item.name} must be a finite number >= 0; found {value:g}")
        if not self.band_width_mm > 0.0:
            raise ValueError(f"band_width_mm must be > 0; found {self.band_width_mm:g}")
        for name in ("mistimed_share", "ghost_amplitude", "band_depth"):
            if getattr(self, name) > 1.0:
                raise ValueError(f"{name} is a share and must be <= 1; found {getattr(self, name):g}")
