"""How many virtual patients have values that no heart has, and of how many it would be told if their times were wrong.

    .venv/bin/python benchmarks/plausible_values.py

Takes the true T1 of wall and blood, T2 and ECV of 400 patients of the phantom's cohorts, against the ranges of
`cmrmap.quality.plausible_ranges` at 1.5 T. Nothing is imaged.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from cmrmap.phantom.patients import draw_patient
from cmrmap.phantom.tissue import Tissue, TissueSet
from cmrmap.quality.plausible_ranges import ECV_PERCENT, FieldRanges, ranges_at, within

COHORTS, PATIENTS = range(1, 6), range(1, 81)


def outside(tissues: TissueSet, ranges: FieldRanges, factor: float) -> Iterator[tuple[str, bool]]:
    """Which values of a patient would be told of, all times being longer by ``factor``."""
    wall, blood = Tissue.MYOCARDIUM, Tissue.CAVITY
    native, post = factor * tissues.t1_native_ms, factor * tissues.t1_postcontrast_ms
    yield "native T1", not ranges.native.hold(native[wall], blood_ms=native[blood])
    yield "post-contrast T1", not ranges.post.hold(post[wall], blood_ms=post[blood])
    yield "T2", not within(factor * tissues.t2_ms[wall], ranges.t2_wall)
    if factor == 1.0:
        yield "ECV", not within(100.0 * tissues.ecv_fraction[wall], ECV_PERCENT)


def main() -> None:
    """Print the shares."""
    ranges = ranges_at(1.5)
    assert ranges is not None
    patients = [draw_patient(seed, number).tissues for seed in COHORTS for number in PATIENTS]
    for factor, words in ((1.0, "as they are"), (2.0, "times twice as long"), (0.5, "times half as long")):
        counts: dict[str, int] = {}
        for tissues in patients:
            for what, told in outside(tissues, ranges, factor):
                counts[what] = counts.get(what, 0) + told
        shares = ", ".join(f"{what} {100 * count / len(patients):.0f} %" for what, count in counts.items())
        print(f"{len(patients)} patients, {words}: outside are {shares}")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main()
