"""Quantitative maps of the heart from cardiac MR: T1, T2 and extracellular volume, with their uncertainty."""
