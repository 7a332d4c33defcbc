"""What a refinement stores: the mean of what it was given and what it learned."""

from __future__ import annotations

import pytest
import torch

from cmrmap.core.errors import InputError
from cmrmap.training.weight_mean import check_share, mean_weights

_BEGAN = {"a": torch.tensor([0.0, 1.0, -2.0]), "b": torch.tensor([[4.0]])}
_LEARNED = {"a": torch.tensor([1.0, 1.0, 2.0]), "b": torch.tensor([[8.0]])}


@pytest.mark.parametrize(
    ("share", "a", "b"),
    [
        (1.0, [1.0, 1.0, 2.0], [[8.0]]),
        (0.5, [0.5, 1.0, 0.0], [[6.0]]),
        (0.25, [0.25, 1.0, -1.0], [[5.0]]),
        (1e-9, [0.0, 1.0, -2.0], [[4.0]]),
    ],
)
def test_a_share_of_what_was_learned_is_stored(share: float, a: list[float], b: list[list[float]]) -> None:
    found = mean_weights(_BEGAN, _LEARNED, share)
    assert list(found) == ["a", "b"]
    assert {value.dtype for value in found.values()} == {torch.float16}
    assert torch.allclose(found["a"].float(), torch.tensor(a), atol=1e-6)
    assert torch.equal(found["b"].float(), torch.tensor(b))


def test_all_that_was_learned_is_stored_to_the_bit() -> None:
    drawn = torch.Generator().manual_seed(0)
    began, learned = (torch.randn(1000, generator=drawn) for _ in range(2))
    assert torch.equal(mean_weights({"a": began}, {"a": learned}, 1.0)["a"], learned.half())


@pytest.mark.parametrize("share", [0.0, -0.5, 1.0001, 1.5, float("nan"), float("inf"), float("-inf")])
def test_a_share_out_of_its_range_is_refused(share: float) -> None:
    """With 0 nothing would be refined, and yet the model would bear a site's name."""
    for call in (lambda: check_share(share), lambda: mean_weights(_BEGAN, _LEARNED, share)):
        with pytest.raises(InputError, match="expected a number above 0 and up to 1"):
            call()
