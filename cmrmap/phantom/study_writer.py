"""Write a phantom study: classic MR images as a scanner would send them, and the truth beside them.

One MR Image Storage object per weighted image (PS3.3 A.4), one series per map. The standard has no attribute for the
duration of a T2 preparation; it is written into Image Comments (0020,4000), as scanners do.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import MRImageStorage

from cmrmap.core.errors import OutputError
from cmrmap.core.map_specs import MapKind
from cmrmap.phantom.flavours import STANDARD, find_flavour
from cmrmap.phantom.flavours.classic import SeriesImages
from cmrmap.phantom.flavours.image_parts import add_file_meta, add_pixels, display_window
from cmrmap.phantom.flavours.map_dialects import scanner_map_images
from cmrmap.phantom.generate import PhantomSeries, PhantomStudy, generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.phantom.sequences import sequence_of
from cmrmap.phantom.series_header import SeriesHeader, series_header
from cmrmap.phantom.study_clock import acquired_at, clock
from cmrmap.phantom.study_uids import fingerprint, uid
from cmrmap.phantom.t1_protocols import STONE, t1_protocols
from cmrmap.phantom.truth_files import write_truth
from cmrmap.phantom.vendor_fit import vendor_fit

_STUDY_DATE = "20260115"
_CONTRAST_TIME = "101500"


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
) -> Path:
    """Write a generated study; see `write_study` for the layout and the errors."""
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
            measured = f"{_STUDY_DATE[:4]}-{_STUDY_DATE[4:6]}-{_STUDY_DATE[6:]}"
            content = {"hematocrit": round(study.truth.hematocrit, 6), "measured": measured}
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


def series_datasets(study: PhantomStudy, series: PhantomSeries) -> list[Dataset]:
    """Return the images of one series as datasets ready to be saved, slice by slice, times ascending."""
    drawn = fingerprint(study)
    about = series_header(series.kind, series.parameters.protocol)
    images = series.stack.images
    n_slices, n_times = images.shape[:2]
    window = display_window(images)
    datasets = []
    for index in range(n_slices):
        for time in range(n_times):
            instance = index * n_times + time + 1
            dataset = Dataset()
            _add_study(dataset, study, drawn)
            _add_series(dataset, about, drawn, study.parameters.tissues.field_strength_t)
            dataset.SOPInstanceUID = uid(drawn, series.kind.value, instance)
            dataset.InstanceNumber = instance
            dataset.AcquisitionNumber = instance
            dataset.AcquisitionDate = _STUDY_DATE
            dataset.AcquisitionTime = dataset.ContentTime = acquired_at(
                series.parameters, about.start_minute, index, time, instance
            )
            dataset.ContentDate = _STUDY_DATE
            dataset.HeartRate = round(study.parameters.heart_rate_bpm)
            dataset.TriggerTime = f"{0.72 * 60000.0 / study.parameters.heart_rate_bpm:.0f}"
            dataset.WindowCenter, dataset.WindowWidth = window
            keyword, value = about.time_attribute(float(series.stack.times_ms[index, time]))
            setattr(dataset, keyword, value)
            _add_plane(dataset, study, index)
            add_pixels(dataset, images[index, time])
            add_file_meta(dataset)
            datasets.append(dataset)
    return datasets


def _add_study(dataset: Dataset, study: PhantomStudy, drawn: str) -> None:
    seed = study.parameters.seed
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName = f"Phantom^Seed {seed}"
    dataset.PatientID = f"PHANTOM-{seed}"
    dataset.PatientBirthDate = ""
    dataset.PatientSex = "O"
    dataset.StudyInstanceUID = uid(drawn, "study")
    dataset.StudyDate = _STUDY_DATE
    dataset.StudyTime = "100000"
    dataset.StudyID = str(seed % 10**16)
    dataset.AccessionNumber = ""
    dataset.ReferringPhysicianName = ""
    dataset.StudyDescription = "Digital heart phantom"
    dataset.FrameOfReferenceUID = uid(drawn, "frame of reference")
    dataset.PositionReferenceIndicator = ""


def _add_series(dataset: Dataset, about: SeriesHeader, drawn: str, field_strength_t: float) -> None:
    dataset.SOPClassUID = MRImageStorage
    dataset.Modality = "MR"
    dataset.SeriesInstanceUID = uid(drawn, about.kind.value)
    dataset.SeriesNumber = about.number
    dataset.SeriesDescription = dataset.ProtocolName = about.description
    dataset.SeriesDate = _STUDY_DATE
    dataset.SeriesTime = clock(about.start_minute, 0)
    dataset.BodyPartExamined = "HEART"
    dataset.PatientPosition = "HFS"
    dataset.Manufacturer = "CMRmap"
    dataset.ManufacturerModelName = "Digital heart phantom"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
    dataset.ScanningSequence = about.scanning_sequence
    dataset.SequenceVariant = ["SS", "MP"]
    dataset.ScanOptions = "CG"  # ECG-gated, in mid diastole
    dataset.MRAcquisitionType = "2D"
    dataset.RepetitionTime = f"{about.repetition_time_ms:g}"
    dataset.EchoTime = f"{about.repetition_time_ms / 2.0:g}"
    dataset.EchoTrainLength = 1
    dataset.FlipAngle = f"{about.flip_angle_deg:g}"
    dataset.MagneticFieldStrength = f"{field_strength_t:g}"
    dataset.ImagedNucleus = "1H"
    if about.after_contrast:
        dataset.ContrastBolusAgent = "Gadolinium-based, simulated"
        dataset.ContrastBolusStartTime = _CONTRAST_TIME


def _add_plane(dataset: Dataset, study: PhantomStudy, index: int) -> None:
    plane, anatomy = study.truth.geometry[index], study.parameters.anatomy
    dataset.ImagePositionPatient = [f"{value:.9f}" for value in plane.position_mm]
    dataset.ImageOrientationPatient = [f"{value:.9f}" for value in (*plane.row_cosines, *plane.column_cosines)]
    dataset.PixelSpacing = [f"{value:g}" for value in plane.pixel_spacing_mm]
    dataset.SliceThickness = f"{anatomy.slice_thickness_mm:g}"
    dataset.SpacingBetweenSlices = f"{anatomy.slice_spacing_mm:g}"
    dataset.SliceLocation = f"{index * anatomy.slice_spacing_mm:g}"
