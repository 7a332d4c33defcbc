"""Compare what two runs left: ``python benchmarks/same_results.py BEFORE AFTER [--ignore KEY ...]``.

Both are output folders of the application for the same study. Numbers and words of results.json must be equal, and of
the DICOM objects the pixels and everything that was computed; what names a release (version, UIDs, digests of settings
and weights) may differ. Ends with 1 and one line a difference where they are not the same.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom

#: keys of results.json that name the release, not the study
RELEASE_KEYS = ("schema_version", "version", "settings_sha256", "weights_sha256")


def differences(before: Any, after: Any, ignored: frozenset[str], place: str = "") -> Iterator[str]:
    """Yield one line for every place where two JSON documents differ; keys in ``ignored`` are skipped at any depth."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            if key in ignored:
                continue
            if key not in before or key not in after:
                yield f"{place}/{key}: only in {'AFTER' if key in after else 'BEFORE'}"
            else:
                yield from differences(before[key], after[key], ignored, f"{place}/{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, ignored, f"{place}/{index}")
    elif before != after:
        yield f"{place}: {before!r} became {after!r}"


def pixel_digests(folder: Path) -> Counter[str]:
    """Count the DICOM objects of a folder by class, series description and digest of their pixels."""
    found: Counter[str] = Counter()
    for path in sorted(folder.glob("*.dcm")):
        dataset = pydicom.dcmread(path)
        pixels = next((dataset[key].value for key in ("PixelData", "FloatPixelData") if key in dataset), b"")
        digest = hashlib.sha256(pixels).hexdigest()[:12]
        found[f"{dataset.SOPClassUID.name}, {dataset.get('SeriesDescription', '')}, pixels {digest}"] += 1
    return found


def main() -> int:
    """Compare two output folders."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--ignore", nargs="*", default=[], help="further keys of results.json that may differ")
    parser.add_argument("--numbers-only", action="store_true", help="results.json only, not the DICOM objects' pixels")
    given = parser.parse_args()
    documents = [json.loads((folder / "results/results.json").read_text()) for folder in (given.before, given.after)]
    lines = list(differences(*documents, frozenset((*RELEASE_KEYS, *given.ignore))))
    if not given.numbers_only:
        objects = [pixel_digests(folder) for folder in (given.before, given.after)]
        lines += [f"only in BEFORE: {name}" for name in objects[0] - objects[1]]
        lines += [f"only in AFTER: {name}" for name in objects[1] - objects[0]]
    for line in lines:
        print(line)
    print("the same" if not lines else f"{len(lines)} differences")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
