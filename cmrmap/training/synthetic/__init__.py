"""Synthetic weighted images with labels: random anatomy, mapping physics, motion and artefacts."""

from cmrmap.training.synthetic.no_heart import draw_slice_without_heart
from cmrmap.training.synthetic.sample import COARSE_VIEW, FINE_VIEW, SyntheticSlice, View, draw_slice

__all__ = ["COARSE_VIEW", "FINE_VIEW", "SyntheticSlice", "View", "draw_slice", "draw_slice_without_heart"]
