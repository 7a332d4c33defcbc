"""Equations, limits and Jacobians of the signal models."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from cmrmap.core.errors import InputError
from cmrmap.relaxometry import MODELS, fit_relaxation, get_model, jacobian, signal

A, B, T = 100.0, 30.0, 500.0
LIMITS = {  # signal at t = 0, at t = T and at t = infinity
    "t2_3p": (A + B, A / np.e + B, B),
    "t2_2p": (A, A / np.e, 0.0),
    "stone_2p": (-A, A * (1 - 2 / np.e), A),
    "molli_3p": (A - B, A - B / np.e, A),
    "sasha_2p": (0.0, A * (1 - 1 / np.e), A),
    "sasha_3p": (A - B, A - B / np.e, A),
}


def test_equations_at_their_limits(model_name: str) -> None:
    values = signal(MODELS[model_name], [0.0, T, np.inf], T, A, B)
    np.testing.assert_allclose(values, LIMITS[model_name], rtol=1e-15, atol=0)
    assert values[2] == LIMITS[model_name][2]  # exactly


def test_jacobian_equals_finite_differences(model_name: str) -> None:
    model = MODELS[model_name]
    times = np.array([0.0, 10.0, 100.0, 500.0, 3000.0, np.inf])
    x = np.array([T, A, B])
    analytic = jacobian(model, times, *x)
    assert analytic.shape == (6, model.n_parameters)
    assert np.all(np.isfinite(analytic))
    for i in range(model.n_parameters):
        step = np.zeros(3)
        step[i] = 1e-3
        numeric = (signal(model, times, *(x + step)) - signal(model, times, *(x - step))) / 2e-3
        np.testing.assert_allclose(analytic[:, i], numeric, rtol=1e-6, atol=1e-8)


def test_jacobian_broadcasts_over_pixels(model_name: str) -> None:
    model = MODELS[model_name]
    times = np.array([0.0, 100.0, 200.0, np.inf])
    t, a, b = np.array([300.0, 400.0]), np.array([1.0, 2.0]), np.array([0.5, 0.7])
    both = jacobian(model, times, t, a, b)
    for i in range(2):
        np.testing.assert_array_equal(both[i], jacobian(model, times, t[i], a[i], b[i]))


def test_descriptions_are_consistent(model_name: str) -> None:
    model = get_model(model_name)
    assert model.name == model_name
    assert model.n_parameters == len(model.parameters) == (3 if model.has_offset else 2)
    assert model_name.endswith(f"{model.n_parameters}p")
    assert model.citation
    assert model.times


def test_unknown_model_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"model must be one of t2_3p, .* found 'molli'"):
        fit_relaxation(np.ones((1, 3)), [1.0, 2.0, 300.0], "molli")


def test_the_page_lists_the_models_that_there_are() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "relaxometry.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \|.*\| ([\d.]+)-([\d.]+) ms.* \| (yes|no) \|$", page, re.MULTILINE)
    assert [name for name, *_ in rows] == list(MODELS)
    for name, low, high, magnitude in rows:
        model = MODELS[name]
        assert ((float(low), float(high)), magnitude) == (model.t_range_ms, "yes" if model.magnitude else "no"), name
