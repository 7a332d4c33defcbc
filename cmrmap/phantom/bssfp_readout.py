"""How a single-shot balanced SSFP image is read: flip angle, TR, ramp, and where in the train the k-space centre is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Ramp = Literal["linear", "half-alpha", "none"]


@dataclass(frozen=True, slots=True)
class BalancedReadout:
    """One train of RF pulses of alternating phase; the echo is in the middle of each TR.

    The defaults are those of a usual MOLLI at 1.5 T: 35 degrees, five pulses that rise linearly, 63 lines (192 x 144,
    twofold acceleration, 7/8 partial Fourier), of which 27 come before the centre (Kellman and Hansen, J Cardiovasc
    Magn Reson 2014;16:2).

    Attributes
    ----------
    flip_angle_deg : of the pulses after the ramp
    repetition_time_ms : from pulse to pulse
    ramp : "linear": `ramp_pulses` pulses of k / (ramp_pulses + 1) of the flip angle, one TR apart; "half-alpha": one
        pulse of half the flip angle half a TR before the train (Deimling and Heid, Proc SMR 1994:495); "none"
    ramp_pulses : of a linear ramp
    pulses_before_centre : pulses after the ramp and before the one whose echo is the k-space centre
    pulses : of the whole train after the ramp
    """

    flip_angle_deg: float = 35.0
    repetition_time_ms: float = 2.8
    ramp: Ramp = "linear"
    ramp_pulses: int = 5
    pulses_before_centre: int = 27
    pulses: int = 63

    def __post_init__(self) -> None:
        if not (0.0 < self.flip_angle_deg <= 180.0):
            raise ValueError(f"flip_angle_deg must be within (0, 180]; found {self.flip_angle_deg:g}")
        if not (0.0 < self.repetition_time_ms < math.inf):
            raise ValueError(f"repetition_time_ms must be > 0; found {self.repetition_time_ms:g}")
        if self.ramp not in ("linear", "half-alpha", "none"):
            raise ValueError(f'ramp must be "linear", "half-alpha" or "none"; found {self.ramp!r}')
        if self.ramp_pulses < 0:
            raise ValueError(f"ramp_pulses must be >= 0; found {self.ramp_pulses}")
        if not 0 <= self.pulses_before_centre < self.pulses:
            raise ValueError(
                f"the k-space centre must lie within the train: pulses_before_centre must be at least 0 and below "
                f"{self.pulses} pulses; found {self.pulses_before_centre}"
            )

    @property
    def train(self) -> tuple[tuple[float, float], ...]:
        """Flip angle in degrees of every pulse, ramp first, and the time in ms to the next pulse."""
        flip, interval = self.flip_angle_deg, self.repetition_time_ms
        ramp: list[tuple[float, float]] = []
        if self.ramp == "linear":
            ramp = [(flip * k / (self.ramp_pulses + 1), interval) for k in range(1, self.ramp_pulses + 1)]
        elif self.ramp == "half-alpha":
            ramp = [(flip / 2.0, interval / 2.0)]
        return (*ramp, *((flip, interval) for _ in range(self.pulses)))

    @property
    def centre_pulse(self) -> int:
        """Index in `train` of the pulse whose echo is the k-space centre."""
        return len(self.train) - self.pulses + self.pulses_before_centre

    @property
    def delay_to_centre_ms(self) -> float:
        """From the first pulse to the echo at the k-space centre."""
        return sum(interval for _, interval in self.train[: self.centre_pulse]) + self.repetition_time_ms / 2.0

    @property
    def duration_ms(self) -> float:
        """From the first pulse to the end of the train."""
        return sum(interval for _, interval in self.train)
