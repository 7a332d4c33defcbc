"""The page's script where it computes: it must say what Python says."""

from __future__ import annotations

import json
import subprocess
from importlib.resources import files

import numpy as np
import pytest

from cmrmap.core.relaxation_models import MODELS
from cmrmap.relaxometry import signal

pytestmark = pytest.mark.program("node")

_T, _A, _B = (35.0, 240.0, 1200.0), (900.0, -350.0), (120.0, 1650.0)


def _told(names: tuple[str, ...], expression: str, given: object, before: str = "") -> object:
    """What an expression of `given` is, with the named parts of the script, run after ``before``."""
    folder = files("cmrmap.report") / "templates" / "viewer"
    script = "\n".join((folder / f"{name}.js").read_text(encoding="utf-8") for name in names)
    asked = f"{before}\n{script}\nconst given = {json.dumps(given)};\nconsole.log(JSON.stringify({expression}));"
    done = subprocess.run(["node", "-"], input=asked, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", list(MODELS))
def test_every_model_has_the_signal_that_the_fit_has(name):
    model = MODELS[name]
    fields = ("has_offset", "recovering", "column_constant", "column_slope")
    times = [0.0, 3.0, 80.0, 450.5, 2600.0, 30000.0]
    sets = [[t, a, b] for t in _T for a in _A for b in _B]
    fit = {field: getattr(model, field) for field in fields}
    found = _told(
        ("signal",),
        "given.sets.map((one) => [...given.times, Infinity].map((time) => signal(given.fit, one, time)))",
        {"fit": fit, "sets": sets, "times": times},
    )
    expected = signal(model, [*times, np.inf], *np.array(sets).T)
    np.testing.assert_allclose(np.array(found), expected, rtol=1e-12, atol=1e-9)


def test_a_region_has_the_mean_sd_and_number_of_its_pixels():
    rng = np.random.default_rng(4)
    image = rng.normal(1200.0, 40.0, (30, 40)).round(3)
    values = [[None if (r + c) % 7 == 0 else value for c, value in enumerate(row)] for r, row in enumerate(image)]
    asked = "regionStatistics(ellipse([6.2, 8.1], [21.7, 30.4]), 30, 40, (r, c) => given[r][c] ?? NaN)"
    found = _told(("region",), asked, values)
    rows, columns = np.mgrid[:30, :40]
    within = ((rows - 13.95) / 7.75) ** 2 + ((columns - 19.25) / 11.15) ** 2 < 1
    chosen = image[within & ((rows + columns) % 7 != 0)]
    assert found["n"] == pytest.approx(chosen.size, abs=4)  # a polygon of 64 corners, not quite an ellipse
    assert found["mean"] == pytest.approx(chosen.mean(), rel=2e-3)
    square = _told(
        ("region",),
        "regionStatistics([[1.5, 2.5], [1.5, 5.5], [4.5, 5.5], [4.5, 2.5]], 30, 40, (r, c) => given[r][c])",
        image.tolist(),
    )
    inside = image[2:5, 3:6]
    assert square == {"n": 9, "mean": pytest.approx(inside.mean()), "sd": pytest.approx(inside.std(ddof=1))}
    outside = "regionStatistics([[90, 90], [90, 95], [95, 95]], 30, 40, (r, c) => given[r][c])"
    assert _told(("region",), outside, image.tolist()) == {"n": 0, "mean": None, "sd": None}


def test_an_image_is_brought_to_the_place_of_the_map():
    # the wall of the map: a block of pixels whose tissue lies 2 rows further down and 1.5 columns further left
    rows, columns, top, left, width = 12, 14, 100, 50, 256
    flat = [(top + r) * width + left + c for r in range(4, 7) for c in range(5, 9)]
    moved = [2 * 64] * len(flat) + [-96] * len(flat)
    image = np.add.outer(10.0 * np.arange(rows), np.arange(columns)).ravel().tolist()
    asked = """(() => {
        const flat = { data: Uint32Array.from(given.flat) };
        const wall = { columns: 256, flat, moved: { data: Int16Array.from(given.moved) } };
        const gone = { ...wall, moved: { data: Int16Array.from(given.moved, () => -32768) } };
        const box = [100, 50, 12, 14];
        return [Array.from(corrected(given.image, wall, 0, box, [1, 1])), corrected(given.image, gone, 0, box, [1, 1])];
    })()"""
    found, without = _told(("motion",), asked, {"flat": flat, "moved": moved, "image": image})
    out = np.array(found).reshape(rows, columns)
    original = np.array(image).reshape(rows, columns)
    np.testing.assert_allclose(out[4:7, 5:9], original[6:9, 5:9] - 1.5, atol=1e-3)
    assert without is None


def test_a_value_is_worded_with_its_standard_deviation_where_there_is_one():
    page = 'globalThis.document = { getElementById: () => ({ textContent: \'{"8": "mid anteroseptal"}\' }) };'
    found = _told(
        ("words",),
        """[withSd(51.04, 2.6, 1, "ms"), withSd(1144, NaN, 0, "ms"), withSd(NaN, 3, 0, "ms"),
            segmentWords(8), segmentWords(0), timeWords("inf"), timeWords(null), timeWords(193.25),
            short(1109.2), short(-7.6761), short(NaN)]""",
        {},
        before=page,
    )
    assert found == [
        *("51.0 ± 2.6 ms", "1144 ms", "no value", "segment 8 mid anteroseptal", ""),
        *("∞", "no image", "193.25 ms", "1109", "-7.676", "-"),
    ]
