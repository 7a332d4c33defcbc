"""Studies without a heart in short axis end with exit code 4 and say what speaks against it; words do not save them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from cmrmap import analyse_folder
from cmrmap.core.arrays import Float64Array
from cmrmap.phantom import generate, slice_scene
from cmrmap.phantom.heart import HeartRendering
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.phantom.study_writer import write_phantom
from cmrmap.pipeline.heart_verdict import NOT_FOUND

#: T1 in ms of what a scene shows, each with its signal without preparation
T1_MS = {
    "air": 1000.0,
    "gel": 1100.0,
    "fat": 340.0,
    "cortex": 1080.0,
    "medulla": 1480.0,
    "urine": 3000.0,
    "blood": 1550.0,
}
BRIGHTNESS = {
    "air": 0.0,
    "gel": 900.0,
    "fat": 900.0,
    "cortex": 800.0,
    "medulla": 900.0,
    "urine": 1500.0,
    "blood": 1200.0,
}
Scene = Callable[[Float64Array, Float64Array], dict[str, np.ndarray]]


def _disc(x: Float64Array, y: Float64Array, at: tuple[float, float], radii: tuple[float, float]) -> np.ndarray:
    return ((x - at[0]) / radii[0]) ** 2 + ((y - at[1]) / radii[1]) ** 2 < 1


def _tube_in_a_bath(x: Float64Array, y: Float64Array) -> dict[str, np.ndarray]:
    """A tube of gel filled with water: a ring as round as any heart."""
    return {"gel": _disc(x, y, (0, 0), (33, 33)), "urine": _disc(x, y, (0, 0), (24, 24))}


def _kidneys(x: Float64Array, y: Float64Array) -> dict[str, np.ndarray]:
    """Two kidneys across, in fat: cortex, medulla, and urine in the pelvis."""
    return {
        "fat": _disc(x, y, (0, 0), (120, 90)),
        "cortex": _disc(x, y, (-58, 20), (31, 29)) | _disc(x, y, (58, 20), (31, 29)),
        "medulla": _disc(x, y, (-58, 20), (21, 19)) | _disc(x, y, (58, 20), (21, 19)),
        "urine": _disc(x, y, (-50, 16), (11, 10)) | _disc(x, y, (50, 16), (11, 10)),
        "blood": _disc(x, y, (10, 15), (11, 11)) | _disc(x, y, (-14, 14), (13, 10)),
    }


def _write_scene(source: Path, target: Path, scene: Scene) -> None:
    """Paint a scene into the native T1 images of a study of the phantom; their headers stay those of a heart's."""
    rng = np.random.default_rng(5)
    target.mkdir(parents=True)
    for path in sorted(next(folder for folder in source.iterdir() if "native" in folder.name).glob("*.dcm")):
        image = pydicom.dcmread(path)
        rows, columns = image.Rows, image.Columns
        spacing = [float(one) for one in image.PixelSpacing]
        y, x = ((np.indices((rows, columns)).T - (np.array([rows, columns]) - 1) / 2) * spacing).T
        signal = np.zeros((rows, columns))
        for tissue, mask in scene(x, y).items():
            recovered = 1 - 2 * np.exp(-float(image.InversionTime) / T1_MS[tissue])
            signal[mask] = BRIGHTNESS[tissue] * recovered
        noise = rng.normal(0, 25, (2, rows, columns))
        stored = np.rint(np.hypot(signal + noise[0], noise[1])).astype(np.uint16)
        image.PixelData = stored.tobytes()
        image.save_as(target / path.name, enforce_file_format=True)


@pytest.mark.slow
@pytest.mark.parametrize("scene", [_tube_in_a_bath, _kidneys])
def test_a_ring_that_is_no_heart(run_app, one_slice_study: Path, tmp_path: Path, scene: Scene) -> None:
    _write_scene(one_slice_study, tmp_path / "in", scene)
    run = run_app(tmp_path / "in", tmp_path / "out")
    assert run.exit_code == 4, run.stderr
    native = run.json("results.json")["maps"]["native_t1"]
    assert native["status"] == "refused"
    assert NOT_FOUND in native["reason"]
    assert NOT_FOUND in run.json("status.json")["message"]
    assert not list(run.output.glob("*.dcm"))


@pytest.mark.slow
def test_a_chest_without_a_heart(run_app, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered = slice_scene.render_heart

    def nothing(*given: object, **named: object) -> HeartRendering:
        heart = rendered(*given, **named)
        return replace(heart, fractions=np.zeros_like(heart.fractions))

    monkeypatch.setattr(slice_scene, "render_heart", nothing)
    write_phantom(tmp_path / "study", generate.generate_study(draw_study_parameters(seed=6)))
    run = run_app(tmp_path / "study" / "dicom", tmp_path / "out")
    assert run.exit_code == 4, run.stderr
    maps = run.json("results.json")["maps"]
    for kind in ("native_t1", "postcontrast_t1", "t2"):
        assert maps[kind]["status"] == "refused"
        assert [one["status"] for one in maps[kind]["slices"]] == ["refused"] * 5
    assert NOT_FOUND in maps["native_t1"]["reason"]


@pytest.mark.slow
def test_a_tube_is_mapped_where_the_settings_say_so(one_slice_study: Path, tmp_path: Path) -> None:
    _write_scene(one_slice_study, tmp_path / "in", _tube_in_a_bath)
    study = analyse_folder(tmp_path / "in", settings={"quality": {"require_heart": False}})
    (mapped,) = study.maps.values()
    assert np.nanmedian(mapped.values) == pytest.approx(T1_MS["gel"], rel=0.03)
