"""How notebooks are read, run and written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sitebuild.notebooks import Cell, cells, jupyter, page, run

SOURCE = """# %% [markdown]
# # A title
#
# - a list

# %%
import matplotlib.pyplot as plt

n = 3
print("n is", n)
n + 1

# %%
figure, panel = plt.subplots()
figure.suptitle("A line")
panel.plot([0, 1])
plt.show()
"""


def test_cells_are_told_apart() -> None:
    title, first, second = cells(SOURCE)
    assert title == Cell(True, "# A title\n\n- a list")
    assert first.text.endswith("n + 1")
    assert not second.markdown


def test_what_stands_before_the_first_cell_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a cell"):
        list(cells("import os\n# %%\n"))


def test_a_page_shows_what_each_cell_printed_and_drew(tmp_path: Path) -> None:
    text = page(run(SOURCE, "demo", tmp_path), "demo")
    assert text.startswith("# A title\n\n- a list\n\n[Download it for Jupyter](demo.ipynb)\n\n```python\nimport")
    assert "```text\nn is 3\n4\n```" in text
    assert text.endswith("![A line](demo-1.png)\n")
    assert (tmp_path / "demo-1.png").read_bytes().startswith(b"\x89PNG")


def test_a_cell_that_fails_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        run("# %%\nprint(1 / 0)\n", "bad", tmp_path)


def test_jupyter_gets_the_same_cells() -> None:
    found = json.loads(jupyter(SOURCE))
    assert [one["cell_type"] for one in found["cells"]] == ["markdown", "code", "code"]
    assert "".join(found["cells"][0]["source"]) == "# A title\n\n- a list"
    assert "".join(found["cells"][1]["source"]) == list(cells(SOURCE))[1].text
    assert (found["nbformat"], found["nbformat_minor"]) == (4, 5)
    assert len({one["id"] for one in found["cells"]}) == 3
