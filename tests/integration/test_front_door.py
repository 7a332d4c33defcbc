"""The front door, `cmrmap run` and the application on one small study: the same numbers and the same bytes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cmrmap
from cmrmap.core.map_specs import MapKind
from cmrmap.core.parameter_map import FitStatus
from cmrmap.pipeline import StudyAnalysis

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
_SETTLED_BY_USER = ("HOLOSCAN_", "MERCURE_", "CMRMAP_")


@pytest.fixture(scope="module")
def small_study(one_slice_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of our own in which the study lies where the documents' examples look for it."""
    folder = tmp_path_factory.mktemp("front") / "study"
    folder.mkdir()
    (folder / "dicom").symlink_to(one_slice_study)
    return folder


@pytest.fixture(scope="module")
def application(one_slice_run: Any) -> Any:
    return one_slice_run


def _run_example(document: str, folder: Path) -> dict[str, Any]:
    """Run the document's only Python example in ``folder`` and return its names."""
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / document).read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        exec(compile(example, document, "exec"), names)
    return names


@pytest.fixture(scope="module")
def example(small_study: Path) -> dict[str, Any]:
    """What the Python example of the how-to leaves, started beside the study."""
    return _run_example("docs/how-to/use-from-python.md", small_study.parent)


def test_the_readmes_lines_print_every_map_and_write_the_output(
    example, small_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []

    def analysed(folder: str) -> StudyAnalysis:
        asked.append(folder)
        return example["analysis"]  # one analysis serves both examples: it takes the longest

    monkeypatch.setattr(cmrmap, "analyse_folder", analysed)
    _run_example("README.md", tmp_path)
    assert (small_study.parent / asked[0]).is_dir()
    found = [one.kind.value for one in example["analysis"].results.maps]
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == found
    assert (tmp_path / "results" / "results" / "results.json").is_file()


def test_the_example_makes_the_applications_output(example, application, small_study: Path, differing) -> None:
    assert application.exit_code == 0, application.stderr
    assert differing(small_study.parent / "results", application.output) == []


def test_its_numbers_are_those_of_results_json(example, application) -> None:
    analysis: StudyAnalysis = example["analysis"]
    reported = application.json("results.json")["maps"]
    made = [one for one in analysis.results.maps if one.status == "ok"]
    assert [one.kind.value for one in made] == ["t2", "native_t1", "postcontrast_t1", "ecv"]
    for one in made:
        assert one.patient.mean == pytest.approx(reported[one.kind.value]["patient"]["mean"], rel=1e-5)
    assert list(analysis.maps) == [one.kind.value for one in made]


def test_its_pixel_is_that_of_the_map_and_of_the_series(example) -> None:
    analysis, why = example["analysis"], example["why"]
    place = tuple(example[name][9] for name in ("slices", "rows", "columns"))
    series = analysis.series[MapKind.NATIVE_T1.value]
    assert why.value == series.map.values[place]
    assert why.counted
    assert why.status == FitStatus.OK
    assert len(why.samples) == len(why.times_ms) == len(why.fitted)
    assert np.nanstd(why.residuals) < 5 * why.noise_sd


def test_cmrmap_run_makes_the_applications_output_without_the_sdk_and_from_any_folder(
    application, small_study: Path, tmp_path: Path, differing
) -> None:
    program = (
        "import sys\n"
        "class NoSdk:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('monai', 'holoscan', 'app', 'operators'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, NoSdk())\n"
        "from cmrmap.cli.main import main\n"
        "main()\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_SETTLED_BY_USER)}
    done = subprocess.run(
        [sys.executable, "-c", program, "run", "-i", str(small_study / "dicom"), "-o", str(tmp_path / "out")],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert differing(tmp_path / "out", application.output) == []
    # the same lines, but for the times of day and the seconds
    words = [[line.split()[1:3] for line in text.splitlines()] for text in (done.stderr, application.stderr)]
    assert words[0] == words[1]
