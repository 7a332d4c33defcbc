"""A digest of a segmentation's pixels, written into it: whoever edits the pixels breaks it."""

from __future__ import annotations

import hashlib

import numpy as np
from pydicom.dataset import Dataset

#: the key in AlgorithmParameters (0066,0032) of a segment
PIXELS_KEY = "pixels_sha256"


def pixel_digest(segmentation: Dataset) -> str:
    """Return the hexadecimal SHA-256 of the frames of a segmentation, whatever its transfer syntax.

    Parameters
    ----------
    segmentation : with pixels that can be decoded
    """
    drawn = np.asarray(segmentation.pixel_array) > 0
    digest = hashlib.sha256(repr((drawn.size, drawn.shape[-2:])).encode())
    digest.update(np.packbits(drawn).tobytes())
    return digest.hexdigest()


def seal(segmentation: Dataset) -> Dataset:
    """Return the segmentation with the digest of its pixels beside the parameters of each segment's algorithm.

    Parameters
    ----------
    segmentation : as built; changed
    """
    told = f"{PIXELS_KEY}={pixel_digest(segmentation)}"
    for item in segmentation.SegmentSequence:
        for algorithm in item.get("SegmentationAlgorithmIdentificationSequence", []):
            known = str(algorithm.get("AlgorithmParameters", ""))
            algorithm.AlgorithmParameters = f"{known},{told}" if known else told
    return segmentation
