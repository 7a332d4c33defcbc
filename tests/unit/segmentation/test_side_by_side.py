"""Slices side by side: the same in the same order, whatever the number of threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from cmrmap.core.geometry import SliceGeometry
from cmrmap.segmentation import predict, side_by_side
from cmrmap.segmentation.model_folder import Network
from cmrmap.segmentation.network import StackUNet
from cmrmap.segmentation.side_by_side import each


@pytest.fixture(autouse=True)
def threads_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """On a machine with enough cores."""
    monkeypatch.setattr(side_by_side, "available_cpus", lambda: 8)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("n_threads", [1, 2, 3])
def test_items_keep_their_order_and_have_no_gradients(n_threads) -> None:
    torch.set_num_threads(n_threads)
    threads = set()

    def work(item: int) -> tuple[int, bool]:
        threads.add(threading.get_ident())
        return 2 * item, torch.is_inference_mode_enabled()

    assert list(each(work, range(20))) == [(2 * item, True) for item in range(20)]
    assert len(threads) <= n_threads
    assert torch.get_num_threads() == n_threads


def test_as_many_at_a_time_as_torch_may_use_and_one_within_each() -> None:
    torch.set_num_threads(2)
    both_are_there = threading.Barrier(2, timeout=60)

    def work(_: int) -> int:
        both_are_there.wait()  # breaks if they are not two
        return torch.get_num_threads()

    assert list(each(work, range(4))) == [1] * 4
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize(("free_mb", "most"), [(0, 1), (299, 1), (460, 3), (None, 4)])
def test_no_more_at_a_time_than_memory_holds(free_mb, most, monkeypatch) -> None:
    torch.set_num_threads(4)
    free = None if free_mb is None else free_mb * 1_000_000
    monkeypatch.setattr(side_by_side, "free_memory_bytes", lambda: free)
    threads = set()

    def work(_: int) -> None:
        threads.add(threading.get_ident())
        time.sleep(0.01)

    list(each(work, range(20)))
    assert len(threads) == most


@pytest.mark.parametrize("n_cpus", [1, 3])
def test_no_more_at_a_time_than_a_container_has_time_for(n_cpus, monkeypatch) -> None:
    """On a machine with many cores torch counts all of them."""
    torch.set_num_threads(4)
    monkeypatch.setattr(side_by_side, "available_cpus", lambda: n_cpus)
    threads = set()

    def work(_: int) -> None:
        threads.add(threading.get_ident())
        time.sleep(0.01)

    list(each(work, range(20)))
    assert len(threads) == n_cpus


def test_a_single_item_is_computed_as_by_one_thread() -> None:
    torch.set_num_threads(3)
    assert list(each(lambda _: torch.get_num_threads(), range(1))) == [1]
    assert list(each(lambda _: 0, ())) == []
    assert torch.get_num_threads() == 3


@pytest.mark.parametrize("n_given", [0, 1, 2])
def test_where_the_system_gives_no_more_threads_the_work_is_done_one_after_the_other(n_given, monkeypatch) -> None:
    torch.set_num_threads(3)
    start, started = threading.Thread.start, []

    def limited(thread: threading.Thread) -> None:
        if len(started) >= n_given:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)

    def work(item: int) -> tuple[int, int, int]:
        return item, threading.get_ident(), torch.get_num_threads()

    assert list(each(work, range(5))) == [(item, threading.get_ident(), 1) for item in range(5)]
    assert len(started) == n_given
    assert not any(thread.is_alive() for thread in started)
    assert torch.get_num_threads() == 3


@pytest.mark.parametrize("alone", [True, False])
def test_whoever_listens_is_not_in_inference_mode(alone) -> None:
    """A listener that fails leaves the generator where it stands: its mode would stay on as long as its traceback."""
    torch.set_num_threads(1)
    results = each(lambda _: torch.is_inference_mode_enabled(), range(2), alone=alone)
    assert next(results)
    assert not torch.is_inference_mode_enabled()
    results.close()


def test_alone_is_one_after_the_other_with_all_threads() -> None:
    torch.set_num_threads(2)

    def work(_: int) -> tuple[int, int]:
        return threading.get_ident(), torch.get_num_threads()

    assert list(each(work, range(3), alone=True)) == [(threading.get_ident(), 2)] * 3


def test_the_first_failure_is_told_and_nothing_else_is_begun() -> None:
    torch.set_num_threads(2)
    begun = []

    def work(item: int) -> int:
        begun.append(item)
        if item == 0:
            raise ValueError("slice 1")
        time.sleep(0.002)
        return item

    with pytest.raises(ValueError, match="slice 1"):
        list(each(work, range(1000)))
    assert len(begun) < 1000
    assert torch.get_num_threads() == 2


def test_whoever_stops_listening_leaves_no_thread_behind() -> None:
    torch.set_num_threads(2)
    results = each(lambda item: item, range(1000))
    assert next(results) == 0
    results.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("slice")]


def test_what_is_drawn_does_not_depend_on_the_number_of_threads() -> None:
    """Networks with random weights: every stage from finding the heart to the outlines, to the bit."""
    torch.manual_seed(3)
    parts = StackUNet((4, 8)).eval(), StackUNet((4, 8), heart_head=True).eval()
    network = Network(*parts, weights_sha256="0" * 64, name="random", version="1")
    drawn = np.random.default_rng(4)
    images = [drawn.gamma(2.0, 50.0, (count, 72, 80)) for count in (3, 1, 4, 2)]
    geometry = [SliceGeometry((0, 0, 8.0 * index), (1, 0, 0), (0, 1, 0), (2.0, 2.0), 8.0) for index in range(4)]

    def found(n_threads: int) -> list[tuple[bytes, bytes, float]]:
        torch.set_num_threads(n_threads)
        slices = predict.predict_slices(images, geometry, network)
        return [(one.labels.tobytes(), one.confidence.tobytes(), one.heart_probability) for one in slices]

    alone = found(1)
    assert found(2) == alone
    assert found(3) == alone
