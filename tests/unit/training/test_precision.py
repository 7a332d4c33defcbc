"""Steps compute in bfloat16 only where that is the faster way."""

import pytest
import torch

from cmrmap.training.precision import has_bfloat16, mixed_precision

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("capability", "expected"),
    [("AVX512", torch.bfloat16), ("AVX2", torch.float32), ("DEFAULT", torch.float32), ("SVE256", torch.float32)],
)
def test_a_processor_that_emulates_bfloat16_computes_in_float32(monkeypatch, capability, expected) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    with mixed_precision(CPU):
        product = torch.ones(4, 4) @ torch.ones(4, 4)
    assert product.dtype == expected


def test_a_gpu_always_computes_in_bfloat16(monkeypatch) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    assert has_bfloat16(torch.device("cuda"))
    assert not has_bfloat16(CPU)
