"""What an enhanced MR image must say beside times, places and pixels (PS3.3 A.36.2): the same for every phantom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydicom.dataset import Dataset

from cmrmap.phantom.flavours.classic import derived_uid

#: of the whole object: equipment, acquisition context, MR image and pulse sequence modules
_ROOT: Mapping[str, Any] = {
    "DeviceSerialNumber": "1",
    "SoftwareVersions": "phantom",
    "AcquisitionContextSequence": [],
    "AcquisitionDuration": 8.0,
    "ApplicableSafetyStandardAgency": "IEC",
    "BurnedInAnnotation": "NO",
    "ContentQualification": "RESEARCH",
    "KSpaceFiltering": "NONE",
    "LossyImageCompression": "00",
    "PresentationLUTShape": "IDENTITY",
    "ResonantNucleus": "1H",
    "EchoPlanarPulseSequence": "NO",
    "EchoPulseSequence": "GRADIENT",
    "GeometryOfKSpaceTraversal": "RECTILINEAR",
    "MultiPlanarExcitation": "NO",
    "NumberOfKSpaceTrajectories": 1,
    "OversamplingPhase": "2D",
    "PhaseContrast": "NO",
    "PulseSequenceName": "phantom",
    "RectilinearPhaseEncodeReordering": "LINEAR",
    "SaturationRecovery": "NO",
    "SegmentedKSpaceTraversal": "SINGLE",
    "SpectrallySelectedSuppression": "NONE",
    "SteadyStatePulseSequence": "FREE_PRECESSION",
    "TimeOfFlightContrast": "NO",
    "PixelPresentation": "MONOCHROME",
    "VolumetricProperties": "VOLUME",
    "VolumeBasedCalculationTechnique": "NONE",
    "ComplexImageComponent": "MAGNITUDE",
    "AcquisitionContrast": "UNKNOWN",
    "PatientOrientation": None,
}
_FRAME_TYPE: Mapping[str, Any] = {
    "PixelPresentation": "MONOCHROME",
    "VolumetricProperties": "VOLUME",
    "VolumeBasedCalculationTechnique": "NONE",
    "ComplexImageComponent": "MAGNITUDE",
    "AcquisitionContrast": "UNKNOWN",
}
_MODIFIER: Mapping[str, Any] = {
    "InversionRecovery": "NO",
    "FlowCompensation": "NONE",
    "ParallelAcquisition": "NO",
    "PartialFourier": "NO",
    "SpatialPresaturation": "NONE",
    "SpectrallySelectedExcitation": "NONE",
    "Spoiling": "NONE",
    "T2Preparation": "NO",
}


def complete_root(image: Dataset) -> None:
    """Add what the modules ask for and the image does not have, and the dimensions that its frames are indexed by."""
    _fill(image, _ROOT)
    organisation = derived_uid(image.SOPInstanceUID, "dimensions")
    image.DimensionOrganizationSequence = [_dataset(DimensionOrganizationUID=organisation)]
    image.DimensionIndexSequence = [
        _dataset(
            DimensionOrganizationUID=organisation,
            DimensionIndexPointer=pointer,
            FunctionalGroupPointer=0x00209111,  # Frame Content
        )
        for pointer in (0x00209057, 0x00209128)  # In-Stack Position Number, Temporal Position Index
    ]


def shared_groups(image: Dataset) -> Dataset:
    """Return the functional groups that are the same in all frames: ``image`` is one classic image of them."""
    region = _dataset(CodeValue="80891009", CodingSchemeDesignator="SCT", CodeMeaning="Heart")
    coil = {"ReceiveCoilName": "BODY", "ReceiveCoilManufacturerName": "", "ReceiveCoilType": "BODY"}
    return _dataset(
        PlaneOrientationSequence=[_dataset(ImageOrientationPatient=image.ImageOrientationPatient)],
        FrameAnatomySequence=[_dataset(FrameLaterality="U", AnatomicRegionSequence=[region])],
        MRAveragesSequence=[_dataset(NumberOfAverages=1.0)],
        MRTimingAndRelatedParametersSequence=[
            _dataset(
                RepetitionTime=image.RepetitionTime,
                FlipAngle=image.FlipAngle,
                EchoTrainLength=0,
                RFEchoTrainLength=0,
                GradientEchoTrainLength=1,
                SpecificAbsorptionRateSequence=[
                    _dataset(SpecificAbsorptionRateDefinition="IEC_WHOLE_BODY", SpecificAbsorptionRateValue=1.0)
                ],
                GradientOutputType="DB_DT",
                GradientOutput=1.0,
                OperatingModeSequence=[
                    _dataset(OperatingModeType="STATIC FIELD", OperatingMode="IEC_NORMAL"),
                    _dataset(OperatingModeType="RF", OperatingMode="IEC_NORMAL"),
                    _dataset(OperatingModeType="GRADIENT", OperatingMode="IEC_NORMAL"),
                ],
            )
        ],
        MRFOVGeometrySequence=[
            _dataset(
                InPlanePhaseEncodingDirection="COLUMN",
                MRAcquisitionFrequencyEncodingSteps=image.Columns,
                MRAcquisitionPhaseEncodingStepsInPlane=image.Rows,
                PercentSampling="100",
                PercentPhaseFieldOfView="100",
            )
        ],
        MRImagingModifierSequence=[
            _dataset(
                MagnetizationTransfer="NONE",
                BloodSignalNulling="NO",
                Tagging="NONE",
                TransmitterFrequency=63.9,
                PixelBandwidth="900",
            )
        ],
        MRReceiveCoilSequence=[_dataset(**coil, QuadratureReceiveCoil="YES")],
        MRTransmitCoilSequence=[
            _dataset(TransmitCoilName="BODY", TransmitCoilManufacturerName="", TransmitCoilType="BODY")
        ],
    )


def complete_frame(frame: Dataset, image: Dataset) -> None:
    """Add what the functional groups of one frame ask for; ``image`` is the classic image it is made from."""
    content = frame.FrameContentSequence[0]
    content.FrameReferenceDateTime = content.FrameAcquisitionDateTime
    content.FrameAcquisitionDuration = 200.0
    _fill(frame.MRImageFrameTypeSequence[0], _FRAME_TYPE)
    if "MRModifierSequence" not in frame:
        frame.MRModifierSequence = [Dataset()]
    _fill(frame.MRModifierSequence[0], _MODIFIER)
    if "MREchoSequence" not in frame:
        frame.MREchoSequence = [_dataset(EffectiveEchoTime=float(image.EchoTime))]
    frame.CardiacSynchronizationSequence = [
        _dataset(
            NominalPercentageOfCardiacPhase=72.0,
            NominalCardiacTriggerDelayTime=float(image.get("TriggerTime", 600.0) or 600.0),
            ActualCardiacTriggerDelayTime=float(image.get("TriggerTime", 600.0) or 600.0),
            RRIntervalTimeNominal=900.0,
        )
    ]


def _fill(target: Dataset, values: Mapping[str, Any]) -> None:
    for keyword, given in values.items():
        if keyword not in target:
            setattr(target, keyword, given)


def _dataset(**values: Any) -> Dataset:
    dataset = Dataset()
    for keyword, given in values.items():
        setattr(dataset, keyword, given)
    return dataset
