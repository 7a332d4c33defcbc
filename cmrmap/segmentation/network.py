"""The network: a U-Net that reads all weighted images of a slice together.

One heart is in all images of a slice, and the images that show the wall must help with those in which blood and
muscle have the same grey. So every encoder level sees, beside its own image, the mean and the maximum of that level's
features over the images of the slice (a permutation-invariant pooling: Zaheer et al., "Deep Sets", 2017). The
pooling adds to an image's own features and never replaces them, so that motion between the images stays visible. A
slice of one image is its own context.

The U-Net is Ronneberger's (MICCAI 2015) with dropout after each block as in Zhu 2020 (Appendix E1); instance
normalisation, because the grey scale of a mapping image depends on its preparation and says nothing by itself.
It is written here: MONAI's U-Nets have no place for what an encoder level learns from other images, and their
import would cost the application more time than it draws in.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from cmrmap.segmentation.heart_head import HeartHead

N_CLASSES = 4  # background, LV myocardium, LV cavity, RV: cmrmap.core.outlines.Label
N_CONTEXT_CHANNELS = 3  # the image itself, mean and SD of the slice's normalised images


class _InstanceNorm(nn.InstanceNorm2d):
    """The same normalisation; with channels last and without gradients its moments are three times as fast this way."""

    def forward(self, features: Tensor) -> Tensor:
        if torch.is_grad_enabled():
            normalised: Tensor = super().forward(features)
            return normalised
        n_images, n_channels, rows, columns = features.shape
        # a view of channels last: the features are overwritten
        pixels = features.permute(0, 2, 3, 1).reshape(n_images, rows * columns, n_channels)
        pixels -= pixels.mean(1, keepdim=True)
        scale = self.weight * torch.rsqrt(pixels.square().mean(1, keepdim=True) + self.eps)
        torch.addcmul(self.bias, pixels, scale, out=pixels)
        return pixels.reshape(n_images, rows, columns, n_channels).permute(0, 3, 1, 2)


def _conv_block(in_channels: int, out_channels: int, dropout: float) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (in_channels, out_channels):
        layers += [
            nn.Conv2d(channels, out_channels, 3, padding=1, bias=False),
            _InstanceNorm(out_channels, affine=True),
            nn.LeakyReLU(0.01, inplace=True),
        ]
    layers.append(nn.Dropout2d(dropout))
    return nn.Sequential(*layers)


class StackPooling(nn.Module):
    """Adds to each image's features what the slice's images have in common (mean and maximum over the stack)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(2 * channels, channels, 1)

    def forward(self, features: Tensor, n_images: int, clear: Tensor | None = None) -> Tensor:
        """Features (stack * image, channel, row, column) to the same shape; ``clear`` as in :class:`StackUNet`."""
        total, channels, rows, columns = features.shape
        # (stack, image, pixel, channel), a view of channels last: ten times as fast to pool as with channels first
        stacked = features.permute(0, 2, 3, 1).reshape(-1, n_images, rows * columns, channels)
        mixed = stacked + self._context(stacked)
        if clear is not None:
            mixed[:, clear] = stacked[:, clear] + self._context(stacked[:, clear])
        return mixed.reshape(total, rows, columns, channels).permute(0, 3, 1, 2)

    def _context(self, stacked: Tensor) -> Tensor:
        pooled = torch.cat([stacked.mean(1), stacked.amax(1)], dim=-1)
        context: Tensor = nn.functional.linear(pooled, self.mix.weight.flatten(1), self.mix.bias)
        return context.unsqueeze(1)


class StackUNet(nn.Module):
    """U-Net over a stack of weighted images of one slice.

    Parameters
    ----------
    widths : channels of each level, finest first
    dropout : probability of dropping a channel after a block (training only)
    heart_head : whether it also tells how likely the slice shows a left ventricle in short axis
    """

    def __init__(
        self, widths: Sequence[int] = (24, 48, 96, 160), dropout: float = 0.05, *, heart_head: bool = False
    ) -> None:
        super().__init__()
        self.widths = tuple(int(w) for w in widths)
        self.encoder = nn.ModuleList()
        self.pooling = nn.ModuleList()
        channels = N_CONTEXT_CHANNELS
        for width in self.widths:
            self.encoder.append(_conv_block(channels, width, dropout))
            self.pooling.append(StackPooling(width))
            channels = width
        self.up = nn.ModuleList()
        self.decoder = nn.ModuleList()
        for width in reversed(self.widths[:-1]):
            self.up.append(nn.Conv2d(channels, width, 1))
            self.decoder.append(_conv_block(2 * width, width, dropout))
            channels = width
        self.head: nn.Module | None = nn.Conv2d(channels, N_CLASSES, 1)
        self.heart: nn.Module | None = HeartHead(self.widths[-1]) if heart_head else None

    @property
    def stride(self) -> int:
        """Rows and columns of the input must be multiples of this."""
        return int(2 ** (len(self.widths) - 1))

    def forward(self, images: Tensor, clear: Tensor | None = None) -> Tensor:
        """Label the images of slices.

        Parameters
        ----------
        images : (stack, image, row, column), normalised
        clear : (image,) bool, images that see each other only; the rest see all. None: every image sees all

        Returns
        -------
        logits (stack, image, class, row, column)
        """
        return self._decoded(self._encoded(images, clear), images.shape[1])

    def with_heart(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Label the images of slices as :meth:`forward`, and tell from the same features whether they show a heart.

        For training both together; `cmrmap.segmentation.recogniser` asks a trained network.

        Parameters
        ----------
        images : (stack, image, row, column), normalised

        Returns
        -------
        logits as in :meth:`forward`; log odds (stack,) of a left ventricle, None without a head for it
        """
        skips = self._encoded(images, None)
        n_images = images.shape[1]
        heart = self.heart(skips[-1], n_images) if isinstance(self.heart, HeartHead) else None
        return self._decoded(skips, n_images), heart

    def heart_log_odds(self, images: Tensor) -> Tensor | None:
        """Tell how likely slices show a left ventricle in short axis.

        Parameters
        ----------
        images : (stack, image, row, column), normalised

        Returns
        -------
        log odds (stack,); None of a network that does not tell
        """
        if self.heart is None:
            return None
        log_odds: Tensor
        if isinstance(self.heart, HeartHead):
            log_odds = self.heart(self._encoded(images, None)[-1], images.shape[1])
        else:
            log_odds = self.heart(images)
        return log_odds

    def _encoded(self, images: Tensor, clear: Tensor | None) -> list[Tensor]:
        """Features of every level, (stack * image, channel, row, column), finest first."""
        x = _with_context(images)
        if clear is not None:
            x[:, clear] = _with_context(images[:, clear])
        x = x.flatten(0, 1)
        x = x.contiguous(memory_format=torch.channels_last)
        skips: list[Tensor] = []
        for level, (block, pool) in enumerate(zip(self.encoder, self.pooling, strict=True)):
            if level:
                x = _halved(x)
            x = pool(block(x), images.shape[1], clear)
            skips.append(x)
        return skips

    def _decoded(self, skips: list[Tensor], n_images: int) -> Tensor:
        """Logits from the features of every level; takes them from the list, so that each is freed once it is used."""
        x = skips.pop()
        for up, block in zip(self.up, self.decoder, strict=True):
            x = block(torch.cat([_doubled(up(x)), skips.pop()], dim=1))
        assert self.head is not None
        logits: Tensor = self.head(x)
        return logits.reshape(-1, n_images, *logits.shape[1:])


def class_probabilities(network: StackUNet, images: Tensor, clear: Tensor | None = None) -> Tensor:
    """Normalised images (image, row, column) of one slice to class probabilities (image, class, row, column)."""
    device = next(network.parameters()).device
    logits: Tensor = network(images.unsqueeze(0).to(device), clear)
    return logits.squeeze(0).softmax(1).cpu()


def _with_context(images: Tensor) -> Tensor:
    """Normalised images (stack, image, row, column) to (stack, image, channel, row, column)."""
    mean = images.mean(1, keepdim=True).expand_as(images)
    spread = images.std(1, keepdim=True, unbiased=False).expand_as(images)
    return torch.stack([images, mean, spread], dim=2)


def _halved(features: Tensor) -> Tensor:
    """Maximum of each 2 x 2 pixels: twice as fast as ``max_pool2d`` with channels last, the same values."""
    rows = torch.maximum(features[..., ::2, :], features[..., 1::2, :])
    return torch.maximum(rows[..., ::2], rows[..., 1::2])


def _doubled(features: Tensor) -> Tensor:
    """Twice as many rows and columns, bilinear."""
    doubled: Tensor = nn.functional.interpolate(features, scale_factor=2.0, mode="bilinear", align_corners=False)
    return doubled
