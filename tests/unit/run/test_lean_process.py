"""What a process of our own leaves out is left out, and nothing that it needs."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import pytest

from cmrmap.run.lean_process import settle_imports


def _said(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=True)
    return done.stdout.strip()


@pytest.mark.slow
def test_networks_run_and_results_can_be_sent_without_what_is_left_out() -> None:
    program = """
from cmrmap.run.lean_process import settle_imports
settle_imports()
import os, sys
assert "requests" not in sys.modules and "pydicom" in sys.modules
import torch
from torch import nn
import dicomweb_client, requests
assert requests.get
network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.InstanceNorm2d(8), nn.LeakyReLU()).eval()
with torch.inference_mode():
    out = network(torch.ones(1, 3, 64, 64))
from safetensors.torch import load, save
assert load(save({"a": out.contiguous()}))["a"].equal(out)
print(vars(sys.modules["torch._meta_registrations"]).get("__file__"), os.environ["THP_MEM_ALLOC_ENABLE"])
"""
    assert _said(program) == "None 1"


def test_what_is_imported_already_stays_as_it_is() -> None:
    import pydicom
    import requests

    settle_imports()
    assert sys.modules["pydicom"] is pydicom
    assert sys.modules["requests"] is requests


def test_the_user_decides_on_large_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THP_MEM_ALLOC_ENABLE", "0")
    settle_imports()
    assert os.environ["THP_MEM_ALLOC_ENABLE"] == "0"


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="another C library")
@pytest.mark.parametrize(("given", "one_for_all"), [(None, True), ("4", False)])
def test_threads_take_memory_from_one_heap_unless_the_user_has_said_of_how_many(
    given: str | None, one_for_all: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = """
import ctypes, tempfile, threading
from cmrmap.run.lean_process import settle_imports
settle_imports()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.fdopen.restype = ctypes.c_void_p, ctypes.c_void_p
together = threading.Barrier(4)
def take():
    together.wait()
    libc.malloc(1000)
    together.wait()
threads = [threading.Thread(target=take) for _ in range(4)]
for one in threads: one.start()
for one in threads: one.join()
with tempfile.TemporaryFile() as told:
    stream = ctypes.c_void_p(libc.fdopen(told.fileno(), b"w"))
    libc.malloc_info(0, stream)
    libc.fflush(stream)
    told.seek(0)
    print(told.read().count(b"<heap nr="))
"""
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    if given is not None:
        monkeypatch.setenv("MALLOC_ARENA_MAX", given)
    assert (int(_said(program)) == 1) is one_for_all


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="this C library keeps what is freed")
def test_memory_that_was_freed_goes_back() -> None:
    program = """
import re
from pathlib import Path
from cmrmap.run.lean_process import return_memory
def resident_kb():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text()).group(1))
many = [b"x" * 60_000 for _ in range(2000)]  # less than the C library asks the system for one by one
kept = b"x" * 60_000  # above them: what is free below it is kept
del many
before = resident_kb()
return_memory()
print(before - resident_kb())
"""
    assert int(_said(program)) > 80_000


def test_what_only_refers_to_itself_is_freed_where_that_is_asked_for() -> None:
    program = """
import gc, weakref
from cmrmap.run.lean_process import return_memory
gc.disable()
class Node: pass
node = Node()
node.itself = node
seen = weakref.ref(node)
del node
return_memory()
first = seen() is None
return_memory(cycles=True)
print(first, seen() is None)
"""
    assert _said(program).split() == ["False", "True"]


def test_what_is_imported_is_searched_for_cycles_no_more_and_what_comes_later_is() -> None:
    program = """
import gc, json, weakref
from cmrmap.run.lean_process import spare_imports
gc.disable()
spare_imports()
frozen = gc.get_freeze_count()
spare_imports()
class Ring: pass
ring = Ring()
ring.own = ring
seen = weakref.ref(ring)
del ring
gc.collect()
print(frozen > 1000, seen() is None, gc.isenabled())
"""
    assert _said(program) == "True True True"
