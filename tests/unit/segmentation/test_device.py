"""The network on a CUDA device gives what it gives on the CPU; without one nothing changes."""

import numpy as np
import pytest
import torch

from cmrmap.segmentation import Network, predict_slice, use_gpu


def _images() -> np.ndarray:
    rng = np.random.default_rng(1)
    rows, columns = np.mgrid[:96, :96]
    ring = np.hypot(rows - 48, columns - 48)
    return (100 * (ring < 30) + 50 * (ring < 20) + rng.normal(0, 3, (5, 96, 96))).astype(np.float32)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_without_a_cuda_device_the_network_stays_where_it_is(network: Network) -> None:
    assert use_gpu(network) is network
    assert {parameter.device.type for parameter in network.fine.parameters()} == {"cpu"}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here: the GPU's result is not compared")
def test_a_cuda_device_gives_the_cpus_labels(network: Network) -> None:
    on_cpu = predict_slice(_images(), 1.4, network)
    on_gpu = predict_slice(_images(), 1.4, use_gpu(network))
    assert {parameter.device.type for parameter in network.fine.parameters()} == {"cuda"}
    assert np.mean(on_gpu.labels == on_cpu.labels) > 0.999
    np.testing.assert_allclose(on_gpu.confidence, on_cpu.confidence, atol=1e-3)
