"""The undamaged studies, their results, and what the application's functions returned for them."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cmrmap.pipeline.in_process import run_in_process
from cmrmap.run.entry import run_command
from tests.fuzz.cases import QUICK_SETTINGS
from tests.fuzz.readers import add_corrections, add_segmentation, add_structure_set
from tests.fuzz.remembered import Remembered
from tests.fuzz.studies import BASES, write_base

_ALSO_SEGMENTATION = QUICK_SETTINGS.replace("segmentation: false", "segmentation: true")


@dataclass
class Bases:
    """Studies that are written and analysed when they are first needed.

    Attributes
    ----------
    root : where they lie
    memory : learns from their analyses
    """

    root: Path
    memory: Remembered
    _known: dict[str, tuple[Path, dict[str, Any]]] = field(default_factory=dict)

    def of(self, name: str) -> tuple[Path, dict[str, Any]]:
        """Return the folder of a study and its results."""
        if name not in self._known:
            folder = self.memory.kept / "studies" / name
            if not folder.exists():
                made = write_base(BASES[name], self.root / name)
                _ADDED.get(BASES[name].add, lambda *_: None)(self, name, made)
                folder.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(made, folder)
            self._known[name] = folder, self._analysed(name, folder, QUICK_SETTINGS)
        return self._known[name]

    def _analysed(self, name: str, folder: Path, settings: str) -> dict[str, Any]:
        out, told = self.root / f"{name}-out", self.root / f"{name}.yaml"
        shutil.rmtree(out, ignore_errors=True)
        told.write_text(settings, encoding="utf-8")
        self.memory.learning = True
        arguments = ["-i", str(folder), "-o", str(out), "-c", str(told), "-l", "ERROR"]
        code = run_command(run_in_process, arguments, {}, program="cmrmap run")
        self.memory.learning = False
        logging.getLogger("cmrmap").setLevel(logging.ERROR)
        if code != 0:
            raise RuntimeError(f"the undamaged study {name} ends with {code}")
        results: dict[str, Any] = json.loads((out / "results" / "results.json").read_text(encoding="utf-8"))
        return results

    def _with_segmentation(self, name: str, folder: Path) -> None:
        plain, _ = self.of("t2")
        self._analysed("t2-segmented", plain, _ALSO_SEGMENTATION)
        from pydicom import dcmread

        for path in sorted((self.root / "t2-segmented-out").glob("*.dcm")):
            if "T2 seg" in dcmread(path, stop_before_pixels=True).get("SeriesDescription", ""):
                add_segmentation(folder, path)
                return
        raise RuntimeError("the run wrote no segmentation")


_ADDED: dict[str, Callable[[Bases, str, Path], None]] = {
    "seg": lambda bases, name, folder: bases._with_segmentation(name, folder),
    "rtstruct": lambda _, name, folder: add_structure_set(BASES[name], folder),
    "corrections": lambda _, __, folder: add_corrections(folder),
}
