"""Gaussian starting weights."""

import torch

from cmrmap.segmentation.network import StackUNet
from cmrmap.training.initialise import gaussian_weights


def test_weights_are_normal_with_the_variance_of_their_inputs() -> None:
    network = StackUNet((32, 48))
    gaussian_weights(network, 3)
    for layer in network.modules():
        if isinstance(layer, torch.nn.Conv2d) and layer.weight.numel() > 3000:
            scaled = layer.weight.detach() / (2 / layer.weight[0].numel()) ** 0.5
            assert abs(float(scaled.mean())) < 0.05
            assert abs(float(scaled.std()) - 1) < 0.05
            assert abs(float((scaled**4).mean()) - 3) < 0.4  # a uniform distribution has 1.8
        if isinstance(layer, torch.nn.Conv2d) and layer.bias is not None:
            assert not bool(layer.bias.any())


def test_the_seed_decides() -> None:
    states = []
    for seed in (1, 1, 2):
        network = StackUNet((4, 8))
        gaussian_weights(network, seed)
        states.append(torch.cat([value.flatten() for value in network.state_dict().values()]))
    assert torch.equal(states[0], states[1])
    assert not torch.equal(states[0], states[2])


def test_activations_keep_their_size() -> None:
    network = StackUNet((8, 16, 32)).eval()
    gaussian_weights(network, 1)
    with torch.inference_mode():
        logits = network(torch.randn(1, 2, 32, 32))
    assert 0.05 < float(logits.std()) < 20
