"""The echo train by phase graphs: its limits, and a simulation of single spins beside it."""

import numpy as np
import pytest

from cmrmap.phantom.spin_echo_train import spin_echo_train

T1_MS, T2_MS, SPACING_MS, N_ECHOES = 1150.0, 50.0, 10.0, 9


def single_spins(refocusing_deg: float, n_spins: int = 2000) -> np.ndarray:
    """The same train with the Bloch equations of spins that dephase evenly between the pulses."""
    phase = np.linspace(-np.pi, np.pi, n_spins, endpoint=False)
    x, y, z = np.ones(n_spins), np.zeros(n_spins), np.zeros(n_spins)
    alpha = np.deg2rad(refocusing_deg)
    across, along = np.exp(-SPACING_MS / 2 / T2_MS), np.exp(-SPACING_MS / 2 / T1_MS)

    def wait(x, y, z):
        turned = x * np.cos(phase) - y * np.sin(phase), x * np.sin(phase) + y * np.cos(phase)
        return across * turned[0], across * turned[1], along * z

    echoes = []
    for _ in range(N_ECHOES):
        x, y, z = wait(x, y, z)
        y, z = y * np.cos(alpha) - z * np.sin(alpha), y * np.sin(alpha) + z * np.cos(alpha)
        x, y, z = wait(x, y, z)
        echoes.append(x.mean())
    return np.array(echoes)


@pytest.mark.parametrize("refocusing_deg", [180.0, 160.0, 130.0, 90.0])
def test_it_is_what_single_spins_do(refocusing_deg) -> None:
    echoes = spin_echo_train(T1_MS, T2_MS, SPACING_MS, N_ECHOES, refocusing_deg)
    assert echoes == pytest.approx(single_spins(refocusing_deg), abs=1e-12)


def test_perfect_pulses_leave_a_pure_decay() -> None:
    times = SPACING_MS * np.arange(1, N_ECHOES + 1)
    assert spin_echo_train(T1_MS, T2_MS, SPACING_MS, N_ECHOES, 180.0) == pytest.approx(np.exp(-times / T2_MS))


def test_the_first_echo_holds_no_stimulated_echo() -> None:
    first = spin_echo_train(T1_MS, T2_MS, SPACING_MS, 1, 150.0)[0]
    assert first == pytest.approx(np.exp(-SPACING_MS / T2_MS) * np.sin(np.deg2rad(75.0)) ** 2)


def test_tissues_and_a_slice_profile() -> None:
    t2_ms = np.array([40.0, 60.0])
    both = spin_echo_train(T1_MS, t2_ms, SPACING_MS, 5, (120.0, 180.0))
    assert both.shape == (5, 2)
    one = [spin_echo_train(T1_MS, 60.0, SPACING_MS, 5, angle) for angle in (120.0, 180.0)]
    assert both[:, 1] == pytest.approx(np.mean(one, axis=0))
