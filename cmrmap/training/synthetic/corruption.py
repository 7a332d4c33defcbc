"""What the scanner adds: coil profile, blur, ghosts, bands, noise, zero-filling, and the magnitude."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from cmrmap.core.arrays import Float64Array


@dataclass(frozen=True, slots=True)
class Artefacts:
    """Parameters of one slice's artefacts; arrays have one entry per image."""

    coil: Float64Array  # gradient (2) and curvature (3) of the log sensitivity across the image
    blur_mm: float
    anisotropy: float
    snr: float
    ghost_strength: Float64Array
    ghost_shift: float  # fraction of the field of view
    ghost_axis: int
    wrap: tuple[int, int] | None  # axis and pixels of what lies beyond one edge and is folded over the other
    gamma: float
    band: tuple[float, float, float, float] | None  # direction, period and phase (fractions), depth
    gain: Float64Array
    sampled: tuple[float, float] | None  # share of k-space that was read along rows and columns; the rest is zero
    taper: float  # of its outer part, by which a window takes off the ringing; 0 = none
    levels: int  # of grey that were kept, over all images together; 0 = all


def draw_artefacts(rng: np.random.Generator, n_images: int) -> Artefacts:
    """Draw the artefacts of one slice."""
    direction = rng.uniform(0, 2 * np.pi)
    steepness = rng.uniform(0, 2.8) / 2
    ghosts = np.where(rng.random(n_images) < 0.2, rng.uniform(0.0, 0.25, n_images), 0.0) * (rng.random() < 0.5)
    band = None
    if rng.random() < 0.15:
        band = (rng.uniform(0, np.pi), rng.uniform(0.4, 1.2), rng.uniform(0, 1), rng.uniform(0.3, 0.9))
    return Artefacts(
        coil=np.array(
            [steepness * np.sin(direction), steepness * np.cos(direction), *rng.normal(0, 0.25, 3)], dtype=np.float64
        ),
        blur_mm=rng.uniform(0.2, 1.1),
        anisotropy=rng.uniform(0.8, 1.6),
        snr=float(np.exp(rng.uniform(np.log(7), np.log(80)))),
        ghost_strength=ghosts,
        ghost_shift=rng.uniform(0.2, 0.5),
        ghost_axis=int(rng.integers(1, 3)),
        wrap=(int(rng.integers(1, 3)), int(rng.integers(3, 18))) if rng.random() < 0.12 else None,
        gamma=float(np.exp(rng.normal(0, 0.25))),
        band=band,
        gain=np.exp(rng.normal(0, 0.1, n_images)),
        sampled=(float(rng.uniform(0.45, 1.0)), float(rng.uniform(0.55, 1.0))) if rng.random() < 0.7 else None,
        taper=float(rng.uniform(0.0, 0.8)),
        levels=int(rng.choice([64, 128, 256])) if rng.random() < 0.12 else 0,
    )


def draw_usual_artefacts(rng: np.random.Generator, n_images: int) -> Artefacts:
    """Draw the artefacts of a slice as most are: an SNR of 20-60, no ghost, band, wrap-around or other grey scale."""
    return replace(
        draw_artefacts(rng, n_images),
        blur_mm=rng.uniform(0.2, 0.7),
        anisotropy=rng.uniform(0.8, 1.25),
        snr=float(rng.uniform(20, 60)),
        ghost_strength=np.zeros(n_images),
        wrap=None,
        gamma=1.0,
        band=None,
        sampled=(float(rng.uniform(0.7, 1.0)), float(rng.uniform(0.7, 1.0))),
        levels=0,
    )


def blur(images: Tensor, sigma_y: float, sigma_x: float) -> Tensor:
    """Separable Gaussian; sigma in pixels."""
    out = images.unsqueeze(1)
    for axis, sigma in ((2, sigma_y), (3, sigma_x)):
        if sigma < 0.15:
            continue
        radius = max(1, int(np.ceil(2.5 * sigma)))
        line = torch.arange(-radius, radius + 1, dtype=torch.float32)
        kernel = torch.exp(-0.5 * (line / sigma) ** 2)
        kernel = (kernel / kernel.sum()).reshape(1, 1, *((-1, 1) if axis == 2 else (1, -1)))
        padding = (0, 0, radius, radius) if axis == 2 else (radius, radius, 0, 0)
        out = torch.nn.functional.conv2d(torch.nn.functional.pad(out, padding, mode="replicate"), kernel)
    return out.squeeze(1)


def _zero_fill(images: Tensor, sampled: tuple[float, float], taper: float) -> Tensor:
    """Complex images of which only the middle of k-space was read: blurred, ringing, their noise correlated."""
    spectrum = torch.fft.fft2(images)
    for axis, share in zip((-2, -1), sampled, strict=True):
        frequency = torch.fft.fftfreq(images.shape[axis]).abs() / (0.5 * share)
        # Tukey's window
        fall = ((frequency - (1 - taper)) / max(taper, 1e-6)).clamp(0, 1)
        window = torch.where(frequency <= 1, 0.5 * (1 + torch.cos(torch.pi * fall)), torch.zeros(()))
        spectrum = spectrum * (window[:, None] if axis == -2 else window)
    filled: Tensor = torch.fft.ifft2(spectrum)
    return filled


def _fold(images: Tensor, axis: int, pixels: int) -> Tensor:
    """Add the strip at one edge, mirrored in place of what lies beyond it, to the other edge: wrap-around."""
    strip = images.narrow(axis, 0, pixels)
    folded = images.clone()
    folded.narrow(axis, images.shape[axis] - pixels, pixels).add_(strip.flip(axis))
    return folded


def corrupt(
    signed: Tensor, artefacts: Artefacts, rng: np.random.Generator, pixel_mm: float, *, phase_sensitive: bool
) -> Tensor:
    """Signed noise-free images (image, row, column) to what a reader gets: magnitude, or signed if phase sensitive."""
    rows, columns = signed.shape[-2:]
    v, u = torch.meshgrid(torch.linspace(-1, 1, rows), torch.linspace(-1, 1, columns), indexing="ij")
    c = [float(value) for value in artefacts.coil]
    sensitivity = torch.exp(c[0] * v + c[1] * u + c[2] * v * v + c[3] * u * u + c[4] * u * v)
    images = blur(signed, artefacts.blur_mm * artefacts.anisotropy / pixel_mm, artefacts.blur_mm / pixel_mm)
    if artefacts.band is not None:
        direction, period, phase, depth = artefacts.band
        position = (float(np.cos(direction)) * u + float(np.sin(direction)) * v) / (2 * period) + phase
        images = images * (1 - depth * torch.cos(np.pi * position) ** 40)
    images = images * sensitivity * torch.from_numpy(artefacts.gain.astype(np.float32))[:, None, None]
    strength = torch.from_numpy(artefacts.ghost_strength.astype(np.float32))[:, None, None]
    shift = int(artefacts.ghost_shift * images.shape[artefacts.ghost_axis])
    images = images + strength * torch.roll(images, shift, dims=artefacts.ghost_axis)
    if artefacts.wrap is not None:
        images = _fold(images, *artefacts.wrap)
    # noise is the same in all images of a slice: a receiver does not know the preparation
    sigma = float(images.abs().mean(dim=(1, 2)).max()) * 1.6 / artefacts.snr
    noise = torch.from_numpy(rng.standard_normal((2, *images.shape), dtype=np.float32)) * sigma
    complex_images = torch.complex(images + noise[0], noise[1])
    if artefacts.sampled is not None:
        complex_images = _zero_fill(complex_images, artefacts.sampled, artefacts.taper)
    if phase_sensitive:
        return complex_images.real.contiguous()
    magnitude = complex_images.abs()
    peak = magnitude.amax(dim=(1, 2), keepdim=True).clamp_min(1e-6)
    shown = peak * (magnitude / peak) ** artefacts.gamma
    if not artefacts.levels:
        return shown
    step = shown.max() / artefacts.levels
    return (shown / step).round() * step
