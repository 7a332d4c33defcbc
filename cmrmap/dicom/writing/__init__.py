"""The DICOM objects that are written, one writer an object."""
