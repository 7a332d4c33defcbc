"""JSON beside the images: whatever characters it holds, results can be written with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cmrmap.run.json_files import AMBIGUOUS, read_documents


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r'{"reason": "\ud83d\ude00"}', {"reason": "\U0001f600"}),
        (r'{"reason": "half \ud83d"}', {"reason": "half ?"}),
        (r'{"half \uDE00": ["\udfff", 1.5]}', {"half ?": ["?", 1.5]}),
        (r'{"\ud83d": 1, "\ud83d": 2}', {"?": 2, AMBIGUOUS: True}),
        (r'["\\ud83d", Infinity]', [r"\ud83d", float("inf")]),
        (r'"\u00e9"', "é"),
    ],
)
def test_half_a_character_is_replaced(written: str, read: object, tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text(written, encoding="utf-8")
    (found,) = read_documents(path)
    assert found == read
    assert json.dumps(found, ensure_ascii=False).encode("utf-8")
