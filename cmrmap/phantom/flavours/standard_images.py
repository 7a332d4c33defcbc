"""The images of a phantom study as the standard has them (PS3.3 A.4), from which every dialect is made."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.uid import MRImageStorage

from cmrmap.phantom.flavours.image_parts import add_file_meta, add_pixels, display_window
from cmrmap.phantom.generate import PhantomSeries, PhantomStudy
from cmrmap.phantom.series_header import SeriesHeader, series_header
from cmrmap.phantom.study_clock import acquired_at, clock
from cmrmap.phantom.study_uids import fingerprint, uid

STUDY_DATE = "20260115"
_CONTRAST_TIME = "101500"


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
            dataset.AcquisitionDate = STUDY_DATE
            dataset.AcquisitionTime = dataset.ContentTime = acquired_at(
                series.parameters, about.start_minute, index, time, instance
            )
            dataset.ContentDate = STUDY_DATE
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
    dataset.StudyDate = STUDY_DATE
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
    dataset.SeriesDate = STUDY_DATE
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
