"""How likely a slice shows a left ventricle in short axis: by the fine network's own head, or a network beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from cmrmap.segmentation.network import StackUNet


class Recogniser(nn.Module):
    """The way down of a network of its own, and its head: tells a heart where the outlining network has not learned to.

    Parameters
    ----------
    widths : as of :class:`StackUNet`
    """

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.network = StackUNet(widths, heart_head=True)
        self.network.up, self.network.decoder = nn.ModuleList(), nn.ModuleList()
        self.network.head = None

    def forward(self, images: Tensor) -> Tensor:
        """Log odds (stack,) of a left ventricle in short axis; ``images`` as in :meth:`StackUNet.forward`."""
        log_odds = self.network.heart_log_odds(images)
        assert log_odds is not None
        return log_odds


def network_from(state: Mapping[str, Tensor], widths: Sequence[int], dropout: float = 0.05) -> StackUNet:
    """Return the network that these weights make, with a head for the heart if they have one.

    Raises
    ------
    RuntimeError
        weights of other widths
    """
    of_its_own = any(name.startswith("heart.network.") for name in state)
    head = not of_its_own and any(name.startswith("heart.") for name in state)
    network = StackUNet(widths, dropout, heart_head=head)
    if of_its_own:
        network.heart = Recogniser(widths)
    network.load_state_dict(state)
    return network


def heart_probability(network: StackUNet, images: Tensor) -> float:
    """Return how likely a slice shows a left ventricle in short axis; NaN of a network that does not tell.

    Parameters
    ----------
    network : the fine one
    images : (image, row, column) of one slice, normalised
    """
    log_odds = network.heart_log_odds(images.unsqueeze(0).to(next(network.parameters()).device))
    return float("nan") if log_odds is None else float(log_odds.sigmoid().squeeze(0))
