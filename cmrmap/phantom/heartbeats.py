"""When the beats of one breath-hold come, when magnetisation is prepared in them and when images are read."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.core.errors import InputError

#: delays from the first, second and third inversion to the k-space centre of the image that follows it (usual values;
#: Messroghli et al., Radiology 2006;238:1004-1012, and Piechnik et al., J Cardiovasc Magn Reson 2010;12:69)
FIRST_INVERSION_TIMES_MS = (100.0, 180.0, 260.0)
#: beats cannot be shorter than what an image and its inversion need
_SHORTEST_BEAT_MS = 300.0
#: from the k-space centre of an image to where the next preparation may come
_REST_OF_READOUT_MS = 110.0
_PART = re.compile(r"(\d+)(s?)")
_SCHEME = re.compile(r"\d+s?(\(\d+s?\)\d+s?)*")


@dataclass(frozen=True, slots=True)
class PreparedImages:
    """The events of one slice in the order in which they happen, in ms from any one moment.

    Attributes
    ----------
    preparations_ms : moments of the inversions or saturations
    centres_ms : moments at which the k-space centre of each image is read
    """

    preparations_ms: tuple[float, ...]
    centres_ms: tuple[float, ...]

    def delays_ms(self, without: float = np.inf) -> Float64Array:
        """(image,) from the last preparation to the k-space centre: the inversion time as scanners state it.

        Parameters
        ----------
        without : given to an image that no preparation precedes
        """
        preparations, centres = np.array(self.preparations_ms), np.array(self.centres_ms)
        last = np.searchsorted(preparations, centres) - 1
        return np.where(last < 0, without, centres - preparations[np.maximum(last, 0)] if preparations.size else 0.0)


@dataclass(frozen=True, slots=True)
class LookLockerScheme:
    """Images per inversion and the pauses between, for example 5(3)3, 5s(3s)3s or 5(1)1(1)1.

    Attributes
    ----------
    text : images, then in brackets the beats of pause, then images ...; an s makes it seconds instead of beats
    """

    text: str

    def __post_init__(self) -> None:
        if not _SCHEME.fullmatch(self.text):
            raise InputError(
                f"a scheme has images(pause)images ..., such as 5(3)3, 4(1)3(1)2 or 5s(3s)3s; found {self.text!r}"
            )
        if len(self._parts()) // 2 >= len(FIRST_INVERSION_TIMES_MS):
            raise InputError(f"a scheme has at most {len(FIRST_INVERSION_TIMES_MS)} inversions; found {self.text!r}")
        if any(number == 0 for number, _ in self._parts()[::2]):
            raise InputError(f"every inversion of a scheme has at least one image; found {self.text!r}")

    def beats(self, interval_ms: float) -> tuple[int, ...]:
        """Beats with images, of pause, with images ... at this RR interval.

        Seconds become the least number of beats that last as long (Kellman and Hansen, J Cardiovasc Magn Reson
        2014;16:2), counted at the mean heart rate.
        """
        return tuple(
            int(np.ceil(round(1000.0 * number / interval_ms, 9))) if seconds else number
            for number, seconds in self._parts()
        )

    def draw(self, rng: np.random.Generator, heart_rate_bpm: float, rr_variation: float = 0.02) -> PreparedImages:
        """Draw the events of one slice: an image in every beat but the pauses, each inversion ahead of its first image.

        Parameters
        ----------
        rng : of the beats
        heart_rate_bpm : mean
        rr_variation : relative SD of the RR interval from beat to beat
        """
        numbers = self.beats(60000.0 / heart_rate_bpm)
        moments = draw_beats(rng, sum(numbers), heart_rate_bpm, rr_variation)
        preparations, centres, beat = [], [], 0
        for index, number in enumerate(numbers):
            if index % 2 == 0:
                preparations.append(float(moments[beat]) - FIRST_INVERSION_TIMES_MS[index // 2])
                centres += moments[beat : beat + number].tolist()
            beat += number
        return PreparedImages(tuple(preparations), tuple(centres))

    def _parts(self) -> list[tuple[int, bool]]:
        return [(int(number), unit == "s") for number, unit in _PART.findall(self.text)]


def draw_beats(
    rng: np.random.Generator, n_beats: int, heart_rate_bpm: float, rr_variation: float = 0.02
) -> Float64Array:
    """(beat,) moments of the same phase of consecutive beats, ascending from 0, whole ms as scanners state times.

    Raises
    ------
    InputError
        beats that leave no time for an image and its inversion
    """
    interval_ms = 60000.0 / heart_rate_bpm
    if not interval_ms >= _SHORTEST_BEAT_MS:
        fastest = 60000.0 / _SHORTEST_BEAT_MS
        raise InputError(f"heart rate must be at most {fastest:g} beats a minute; found {heart_rate_bpm:g}")
    drawn = interval_ms * (1.0 + rr_variation * np.clip(rng.standard_normal(max(n_beats - 1, 0)), -2.0, 2.0))
    return np.concatenate([[0.0], np.cumsum(np.maximum(drawn, _SHORTEST_BEAT_MS)).round()])


def draw_saturation_recovery(
    rng: np.random.Generator,
    heart_rate_bpm: float,
    rr_variation: float = 0.02,
    *,
    n_images: int = 10,
    shortest_ms: float = 110.0,
    window_share: float = 0.70,
) -> PreparedImages:
    """Draw SASHA's events: one image without preparation, then one saturation ahead of each image, in every beat.

    The delays are spread evenly from the shortest that the readout allows to what the beat leaves before the image, the
    shortest of the beats too (Chow et al., Magn Reson Med 2014;71:2082-2095).

    Parameters
    ----------
    rng, heart_rate_bpm, rr_variation : see `LookLockerScheme.draw`
    n_images : with a saturation
    shortest_ms : shortest delay
    window_share : of the RR interval, the longest delay
    """
    centres = draw_beats(rng, n_images + 1, heart_rate_bpm, rr_variation)
    longest_ms = min(window_share * 60000.0 / heart_rate_bpm, float(np.diff(centres).min()) - _REST_OF_READOUT_MS)
    delays = np.linspace(shortest_ms, max(longest_ms, shortest_ms + n_images), n_images).round()
    return PreparedImages(tuple((centres[1:] - delays).tolist()), tuple(centres.tolist()))
