"""A digital heart with known truth: weighted images of T1 and T2 mapping series, as arrays or as a DICOM study.

``generate_study(draw_study_parameters(seed=1))`` gives arrays; `cmrmap.phantom.study_writer.write_study` writes DICOM.
"""
