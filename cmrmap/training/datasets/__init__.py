"""Cases with a reference, from wherever they come, in one form."""

from cmrmap.training.datasets.case import TrainingCase, split_cases

__all__ = ["TrainingCase", "split_cases"]
