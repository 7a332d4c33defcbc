"""Checkpoints that are damaged, cut off, or of something else: one line each."""

import errno
import os
import pickle

import pytest
import torch

from cmrmap.core.errors import InputError
from cmrmap.training.checkpoints import read_checkpoint

NEEDED = ("average", "step")


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "fine.pt"
    torch.save({"average": {"w": torch.arange(2000.0)}, "step": 7}, path)
    return path


def test_a_whole_one_is_read(checkpoint) -> None:
    state = read_checkpoint(checkpoint, NEEDED)
    assert state["step"] == 7
    assert torch.equal(state["average"]["w"], torch.arange(2000.0))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_one_that_was_cut_off(checkpoint, share) -> None:
    content = checkpoint.read_bytes()
    checkpoint.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError, match=r"^checkpoint fine\.pt cannot be read \(damaged or cut off\); restore it, or"):
        read_checkpoint(checkpoint, NEEDED)


class Evil:
    def __reduce__(self):
        return print, ("executed",)


@pytest.mark.parametrize("content", [b"junk", b"PK\x03\x04 junk", pickle.dumps({"average": 1}), pickle.dumps(Evil())])
def test_something_else_is_refused_and_never_executed(checkpoint, content, capfd) -> None:
    checkpoint.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        read_checkpoint(checkpoint, NEEDED)
    assert "executed" not in capfd.readouterr().out


def test_one_of_another_training(checkpoint, tmp_path) -> None:
    with pytest.raises(InputError, match=r"lacks best, network; restore it"):
        read_checkpoint(checkpoint, ("best", "network", "step"))
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(InputError, match=r"lacks average, step"):
        read_checkpoint(tmp_path / "list.pt", NEEDED)


def test_one_that_is_not_there(tmp_path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_checkpoint(tmp_path / "coarse.pt", NEEDED)


@pytest.mark.parametrize("error", [MemoryError(), torch.OutOfMemoryError("CUDA out of memory")])
def test_want_of_memory_is_no_damage(checkpoint, monkeypatch, error) -> None:
    """Whoever believed it was damaged would delete days of training."""

    def full(*_, **__) -> None:
        raise error

    monkeypatch.setattr(torch, "load", full)
    with pytest.raises(type(error)):
        read_checkpoint(checkpoint, NEEDED)


@pytest.mark.parametrize("code", [errno.ENOENT, errno.EISDIR])
def test_what_the_system_refuses_is_told_as_it_is(tmp_path, code) -> None:
    if code == errno.EISDIR:
        (tmp_path / "fine.pt").mkdir()
    with pytest.raises(InputError) as caught:
        read_checkpoint(tmp_path / "fine.pt", NEEDED)
    assert str(caught.value) == f"checkpoint fine.pt cannot be read ({os.strerror(code)})"
