"""T1 of series from clinical scanners beside the scanner's own map, where they are at hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from cmrmap.core.outlines import SegmentationStack
from cmrmap.core.parameter_map import COUNTED_STATUS, FitStatus
from cmrmap.core.stack import WeightedStack
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.loading.loaded_study import load_study
from cmrmap.dicom.selection.select import select_series
from cmrmap.pipeline import align, fit, refine
from cmrmap.relaxometry import RelaxationFit, fit_relaxation
from cmrmap.settings import AnalysisSettings

DATA = Path(__file__).parents[4] / "shared" / "data"
HEARTS = {"native": DATA / "real" / "molli_native2", "post": DATA / "real" / "molli_post2"}
TUBES = DATA / "real_vendor" / "siemens_shmolli_phantom"
KIDNEY = DATA / "real_vendor" / "philips_enhanced_molli_kidney"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the scanners' series are not at hand")


def _read(folder: Path) -> tuple[WeightedStack, np.ndarray, dict[str, np.ndarray]]:
    """The selected series, the scanner's T1 map, and the rest of the reference."""
    if not folder.is_dir():
        pytest.skip("the scanner's series is not at hand")
    study = read_study(folder / "dicom")
    stack = load_study(study, select_series(study), {}).stacks[0]
    with np.load(folder / "reference.npz") as reference:
        given = {name: reference[name] for name in reference}
    return stack, given["t1_ms"][0], given


def _pixelwise(stack: WeightedStack, where: np.ndarray, signed: bool) -> RelaxationFit:
    images = np.asarray((stack.fitted_images if signed else stack.images)[0], np.float64)
    return fit_relaxation(
        images[:, where].T,
        stack.times_ms[0],
        stack.model,
        not signed,
        look_locker=stack.look_locker,
        epochs=stack.epochs_of(0),
    )


@pytest.mark.parametrize("name", HEARTS)
def test_molli_within_the_scanners_ring(name) -> None:
    stack, scanner, given = _read(HEARTS[name])
    assert stack.model == "molli_3p"
    assert "T1 is divided by 0.9648" in stack.model_reason
    ring = given["masks"][0, 0] > 0
    labels = np.where(ring, 1, np.where(ndimage.binary_fill_holes(ring), 2, 0)).astype(np.uint8)
    labels = np.broadcast_to(labels, stack.images.shape).copy()
    settings = AnalysisSettings.from_mapping({"quality": {"require_heart": False}})  # the ring is given
    refined = refine((stack,), (SegmentationStack(stack.kind, labels, np.ones(labels.shape[:2])),), settings)
    (series,) = fit((stack,), refined, align((stack,), refined, settings), settings)
    values = series.map.values[0]
    inside = ring & np.isfinite(values)
    assert inside.sum() > 0.95 * ring.sum()
    assert values[inside].mean() == pytest.approx(scanner[inside].mean(), rel=0.03)
    assert (series.map.status[0][ring] == FitStatus.UNPHYSICAL).mean() < 0.02


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("t1_ms", [298, 558, 795, 1064, 1310])
def test_shmolli_of_tubes(t1_ms, signed) -> None:
    stack, scanner, _ = _read(TUBES)
    assert stack.model == "shmolli_3p"
    assert stack.has_signs.all()
    bright = stack.images[0].max(axis=0)
    like = (np.abs(scanner / t1_ms - 1) < 0.03) & (bright > 0.25 * np.percentile(bright, 99))
    tube = ndimage.binary_opening(like, iterations=3)
    assert tube.sum() > 100
    assert _pixelwise(stack, tube, signed).t_ms.mean() == pytest.approx(scanner[tube].mean(), rel=0.02)


def test_molli_of_another_vendor_pixel_by_pixel() -> None:
    stack, scanner, _ = _read(KIDNEY)
    assert (stack.model, stack.look_locker.inversion_efficiency) == ("molli_3p", 1.0)
    bright = stack.images[0].max(axis=0)
    tissue = (bright > 0.25 * np.percentile(bright, 99)) & (scanner > 1000) & (scanner < 2000)
    found = _pixelwise(stack, tissue, signed=False)
    trusted = np.isin(found.status, COUNTED_STATUS)
    assert trusted.mean() > 0.9
    agreed = np.abs(found.t_ms / scanner[tissue] - 1) < 0.03
    assert agreed[trusted].mean() > 0.8
