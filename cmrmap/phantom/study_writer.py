"""Write a phantom study: classic MR images as a scanner would send them, and the truth beside them.

One MR Image Storage object per weighted image (PS3.3 A.4), one series per map. The standard has no attribute for the
duration of a T2 preparation; it is written into Image Comments (0020,4000), as scanners do.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from cmrmap.core.errors import OutputError
from cmrmap.core.map_specs import MapKind
from cmrmap.phantom.flavours import STANDARD, find_flavour
from cmrmap.phantom.flavours.classic import SeriesImages
from cmrmap.phantom.flavours.map_dialects import scanner_map_images
from cmrmap.phantom.flavours.standard_images import STUDY_DATE, series_datasets
from cmrmap.phantom.generate import PhantomSeries, PhantomStudy, generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.phantom.sequences import sequence_of
from cmrmap.phantom.series_header import series_header
from cmrmap.phantom.t1_protocols import STONE, t1_protocols
from cmrmap.phantom.truth_files import write_truth
from cmrmap.phantom.vendor_fit import vendor_fit


def write_study(
    folder: Path | str,
    *,
    seed: int = 1,
    snr: float = 30.0,
    disease: str = "none",
    motion: bool | float | None = None,
    hematocrit_file: bool = False,
    flavour: str = STANDARD,
    also: Sequence[MapKind] = (),
    t1: str = STONE,
    efficiency: float | None = None,
    off_resonance_hz: float = 0.0,
    heart_rate_bpm: float | None = None,
    scanner_maps: bool = False,
) -> Path:
    """Generate one phantom study and write it as ``folder/dicom`` and ``folder/truth``.

    The same arguments give the same bytes, UIDs included. Files of an earlier study in the same folder are replaced.

    Parameters
    ----------
    folder : made when absent
    seed : draws anatomy, tissue values, heart rate, motion and noise; not negative
    snr : mean myocardial signal of the unprepared images over the noise standard deviation; infinity is no noise
    disease : "none", "diffuse" (the whole LV wall) or "focal" (one segment in two neighbouring slices)
    motion : amplitude of breathing and contraction between images; True is 1, False is 0; None is 1, and 0 for the
        scanner's maps, which scanners make of images that were taken in one held breath and registered
    hematocrit_file : also write ``dicom/hematocrit.json`` ({"hematocrit": fraction, "measured": date}), from which the
        application takes the hematocrit; without it only ``truth/truth.json`` holds it
    flavour : the scanner's dialect, a key of ``cmrmap.phantom.flavours.FLAVOURS``; pixels and truth are the same in all
    also : maps beside the usual ones that the study has a series for
    t1, efficiency, off_resonance_hz : the T1 sequence, how well its preparation pulse works, and the heart's
        off-resonance; see `cmrmap.phantom.t1_protocols.t1_protocols`
    heart_rate_bpm : mean beats a minute; None draws it
    scanner_maps : write the maps that a scanner would make of the images, in its dialect, and no image; see
        `cmrmap.phantom.vendor_fit.vendor_fit`

    Returns
    -------
    ``folder`` as a `Path`

    Raises
    ------
    InputError
        An option out of its range.
    OutputError
        The folder cannot be written.
    """
    parameters = draw_study_parameters(
        seed=seed,
        snr=snr,
        disease=disease,
        motion=not scanner_maps if motion is None else motion,
        also=also,
        protocols=t1_protocols(t1, efficiency=efficiency, off_resonance_hz=off_resonance_hz),
        heart_rate_bpm=heart_rate_bpm,
    )
    study = generate_study(parameters)
    return write_phantom(
        Path(folder), study, hematocrit_file=hematocrit_file, flavour=flavour, scanner_maps=scanner_maps
    )


def write_phantom(
    folder: Path,
    study: PhantomStudy,
    *,
    hematocrit_file: bool = False,
    flavour: str = STANDARD,
    scanner_maps: bool = False,
    measured_hematocrit: float | None = None,
) -> Path:
    """Write a generated study; see `write_study` for the layout.

    Parameters
    ----------
    folder : made when absent
    study : from `cmrmap.phantom.generate.generate_study`
    hematocrit_file, flavour, scanner_maps : as in `write_study`
    measured_hematocrit : fraction that the hematocrit file gives; None: the true one

    Returns
    -------
    ``folder``

    Raises
    ------
    InputError
        no such flavour
    OutputError
        the folder cannot be written
    """
    dialect = find_flavour(flavour)
    dicom, truth = folder / "dicom", folder / "truth"
    try:
        truth.mkdir(parents=True, exist_ok=True)
        _remove_images(dicom)
        for series in study.series:
            target = dicom / series_header(series.kind, series.parameters.protocol).folder
            target.mkdir(parents=True, exist_ok=True)
            images = _series_images(study, series)
            # the dialects tell how vendors write the usual series; another is written as the standard has it
            written = dialect.write(images) if sequence_of(series.kind).usual else images.images
            if scanner_maps:
                written = scanner_map_images(images, vendor_fit(series), dialect.name)
            for number, dataset in enumerate(written, start=1):
                dataset.save_as(target / f"IM{number:04d}.dcm", enforce_file_format=True)
        note = dicom / "hematocrit.json"
        if hematocrit_file:
            measured = f"{STUDY_DATE[:4]}-{STUDY_DATE[4:6]}-{STUDY_DATE[6:]}"
            value = study.truth.hematocrit if measured_hematocrit is None else measured_hematocrit
            content = {"hematocrit": round(value, 6), "measured": measured}
            note.write_text(json.dumps(content) + "\n", encoding="utf-8")
        else:
            note.unlink(missing_ok=True)
        write_truth(truth, study)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise OutputError(f"cannot write the phantom study: {reason}; choose a writable folder") from error
    return folder


def _remove_images(dicom: Path) -> None:
    """Remove an earlier study's images: another dialect may have written more files, another T1 sequence elsewhere."""
    stale = list(dicom.glob("*/IM*.dcm"))
    for image in stale:
        image.unlink()
    for folder in {image.parent for image in stale}:
        if not any(folder.iterdir()):
            folder.rmdir()


def _series_images(study: PhantomStudy, series: PhantomSeries) -> SeriesImages:
    times = tuple(float(time) for time in series.stack.times_ms.ravel())
    phase = series.phase_rad.reshape(-1, *series.phase_rad.shape[2:])
    datasets = tuple(series_datasets(study, series))
    return SeriesImages(series.kind, datasets, times, study.truth.maps[series.kind], tuple(phase))
