"""The only room that knows DICOM: reading, selecting and loading a study, and writing what was made of it."""
