"""DICOM headers read tolerantly: values, frames, vendors' private tags."""
