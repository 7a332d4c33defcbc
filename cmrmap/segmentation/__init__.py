"""Segmentation of the weighted images: network, prediction, shape refinement."""

from cmrmap.segmentation.device import use_gpu
from cmrmap.segmentation.model_folder import Network, load_network
from cmrmap.segmentation.predict import SlicePrediction, predict_slice, predict_slices, segment_images
from cmrmap.segmentation.stacks import segment_stack, segment_stacks

__all__ = [
    "Network",
    "SlicePrediction",
    "load_network",
    "predict_slice",
    "predict_slices",
    "segment_images",
    "segment_stack",
    "segment_stacks",
    "use_gpu",
]
