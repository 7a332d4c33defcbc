"""Extracellular volume from two T1 maps, blood T1 and hematocrit."""

from cmrmap.ecv.grid import EcvGrid, ecv_grid, region_common_variance

__all__ = ["EcvGrid", "ecv_grid", "region_common_variance"]
