"""What the image holds is enough: the staged modules, with all that is left out kept from being imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

from mapbuild.context import PACKAGING, Variant, write_context
from mapbuild.lock import import_names
from tests.sharing import take_compiled_fit

ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = """
import sys
left_out = tuple(sys.argv[1].split(","))
class LeftOut:
    def find_spec(self, name, path=None, target=None):
        if name.startswith(tuple(one + "." for one in left_out)) or name in left_out:
            raise ModuleNotFoundError(f"{name} is left out", name=name)
sys.meta_path.insert(0, LeftOut())
root = sys.argv[2]
sys.argv = sys.argv[2:]
sys.path[:0] = [root, root + "/../pip/stand_ins"]
from app.runtime import main
sys.exit(main(sys.argv[1:]))
"""


def test_staged_modules_without_what_is_left_out_give_the_applications_results(
    tmp_path: Path, one_slice_study: Path, one_slice_run, differing
) -> None:
    context, output = tmp_path / "context", tmp_path / "out"
    write_context(ROOT, context, Variant())
    take_compiled_fit(context / "app" / "cmrmap")
    left_out = yaml.safe_load((PACKAGING / "left-out.yaml").read_text(encoding="utf-8"))
    names = {name for package in left_out["packages"] for name in import_names(package)}
    names -= {path.name for path in (PACKAGING / "stand_ins").iterdir()}  # the SDK imports them
    names |= {rule["glob"].replace("/", ".") for rule in left_out["files"] if "*" not in rule["glob"]}
    done = subprocess.run(
        [
            *(sys.executable, "-I", "-c", _PROGRAM, ",".join(sorted(names)), str(context / "app")),
            *("-i", str(one_slice_study), "-o", str(output), "-m", str(context / "models"), "-l", "INFO"),
        ],
        env={key: value for key, value in os.environ.items() if not key.startswith(("HOLOSCAN", "MERCURE", "CMRMAP"))},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (one_slice_run.exit_code, differing(output, one_slice_run.output)) == (0, [])
    assert json.loads((output / "results" / "status.json").read_text(encoding="utf-8"))["outcome"] == "ok"
