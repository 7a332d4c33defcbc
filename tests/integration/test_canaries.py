"""Nothing of the input's text is in what commands say and write, but for what is stated in docs/deploy.md.

Every command of the command line has its line in the tables below; one that is not there fails.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import typer
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, RTStructureSetStorage
from typer.main import get_command

from cmrmap.cli.main import cli
from tests.canaries import CANARY, DESCRIPTION, FOLDER, write_canary_study
from tests.processes import ended

ROOT = Path(__file__).resolve().parents[2]
_NOWHERE = "dicom://A@127.0.0.1:9"

#: what a command is given to fail on: {study}, the canary's, {none}, a folder that is not there, {file}, no folder
FAILURES: Mapping[str, tuple[str, ...]] = {
    "run": ("-i {none} -o {out}", "-i {file} -o {out}", "-i {study} -o {study}"),
    "inspect": ("{none}", "{file}", "{study} --pictures {study}"),
    "correct": ("{none}", "{file}", "{file} --write", "{marked}", "{marked} --write"),
    "edit": ("{none} -i {study}", "{file} -i {study}", "{study} -i {study}", "{ended} -i {none}", "{ended} -i {study}"),
    "send": (
        f"{{none}} --to {_NOWHERE}",
        f"{{file}} --to {_NOWHERE}",
        f"{{study}} --to {_NOWHERE}",
        f"{{series}} --to {_NOWHERE} --retries 0",
    ),
    "summary": ("{none} {none}", "{study} {study}"),
    "acceptance": ("-o {file}",),
    "reference-ranges": ("-i {none} -o {out} --site A", "-i {study} -o {out} --site A"),
    "cohort": ("-i {none} -o {out}", "-i {file} -o {out}"),
    "evaluate segmentation": ("--data {none}", "--data {study}"),
    "evaluate cohort": ("-r {none} --reference {none} -o {out}", "-r {study} --reference {study} -o {out}"),
    "evaluate t1-bias": ("-s none",),
    "train": (  # of paths it names those of models only
        "-o {out} --cine {file}",
        "-o {out} --cine {study}",
        "-o {out} --watch {none}",
        "-o {out} --watch {study}",
    ),
    "refine": ("--data {none} -n A -o {out}", "--data {study} -n A -o {out}"),
    "transfer": ("-o {file}",),
    "phantom study": ("-o {file}",),
    "phantom cohort": ("-o {file} --patients 1",),
    "phantom flavours": (),
}
#: commands that read no study: they have no more to say than their failures show, or than the test of flavours below
WITHOUT_STUDY = {"acceptance", "evaluate t1-bias", "phantom study", "phantom cohort", "phantom flavours"}
#: commands whose success is followed below, each by a test
FOLLOWED = {"run", "inspect", "correct", "edit", "send", "summary", "cohort"}
#: commands that read tables and masks that somebody made for them, by the names of studies in these tables; they are
#: told and written, and `docs/deploy.md` says so; the success of `train` is followed in tests/unit/training
READ_TABLES = {"reference-ranges", "evaluate segmentation", "evaluate cohort", "train", "refine", "transfer"}


def _commands(command: object = None, path: tuple[str, ...] = ()) -> Iterator[str]:
    command = get_command(cli) if command is None else command
    below = getattr(command, "commands", None)
    if below is None:
        yield " ".join(path)
        return
    for name, one in below.items():
        yield from _commands(one, (*path, name))


def test_every_command_is_followed() -> None:
    assert isinstance(cli, typer.Typer)
    commands = set(_commands())
    assert commands == set(FAILURES)
    assert commands == WITHOUT_STUDY | FOLLOWED | READ_TABLES


@pytest.fixture(scope="module")
def study(one_slice_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_canary_study(one_slice_study, tmp_path_factory.mktemp("canaries"))


def _run(*arguments: str, module: str = "cmrmap", **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CMRMAP", "HOLOSCAN", "MERCURE"))}
    return ended([sys.executable, "-m", module, *arguments], env=kept | variables, timeout=500)


def _is_silent(text: str, allowed: str = "") -> None:
    found = [line for line in text.splitlines() if CANARY.lower() in line.replace(allowed or "\0", "").lower()]
    assert found == []


def _folder_is_silent(folder: Path, but_for: tuple[str, ...] = ()) -> None:
    """Check the names of all files in a folder, and the content of all but DICOM objects and the report's page."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        assert CANARY.lower() not in name.lower()
        if path.is_file() and path.suffix != ".dcm" and not name.endswith(but_for or ("\0",)):
            assert CANARY.lower().encode() not in path.read_bytes().lower(), name


def _fail(command: str, words: str, study: Path, folder: Path) -> None:
    file = folder / FOLDER
    file.write_text(CANARY)
    given = {"study": study, "none": f"{study}none", "file": file, "out": folder / "out"}
    given["marked"] = _marked(study, folder) if "{marked}" in words else study
    given["series"] = next(path for path in study.rglob("*.dcm") if "cut" not in path.name).parent
    given["ended"] = _ended(folder) if "{ended}" in words else study
    named = [word.format(**given) for word in words.split()]
    debug = ["-l", "DEBUG"] if command == "run" else []
    done = _run(*command.split(), *named, *debug)
    assert done.returncode in (2, 3, 4, 5), done.stderr
    assert "Traceback" not in done.stderr
    if not _is_of_the_parser(done.stderr):
        _is_silent(done.stdout + done.stderr)
    if (folder / "out").exists():
        _folder_is_silent(folder / "out")


def _ended(folder: Path) -> Path:
    """Return an output folder that says it is of a finished run of another study."""
    results = folder / "ended" / "results"
    results.mkdir(parents=True)
    (results / "results.json").write_text(json.dumps({"study_instance_uid": "1.2.3"}))
    listed = {"file": "results/results.json", "sha256": sha256((results / "results.json").read_bytes()).hexdigest()}
    (results / "status.json").write_text(json.dumps({"outcome": "ok", "exit_code": 0, "objects": [listed]}))
    return results.parent


def _marked(study: Path, folder: Path) -> Path:
    """Return a copy of a study with corrections that cannot be used, in words and as contours."""
    copy = folder / "marked" / FOLDER
    shutil.copytree(study, copy)
    wrong = {"map": f"{CANARY}map", "slice_index": f"{CANARY}index", f"{CANARY} Jane": f"{CANARY}value"}
    (copy / "corrections.json").write_text(json.dumps({"corrections": [wrong, CANARY, {"map": "t2"}]}))
    contours = Dataset()
    contours.file_meta = FileMetaDataset()
    contours.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    contours.SOPClassUID = RTStructureSetStorage
    contours.StudyInstanceUID = contours.SeriesInstanceUID = "1.2.3"
    contours.PatientID = contours.StructureSetLabel = CANARY
    contours.SOPInstanceUID = "1.2.3.4.5.6.7.8.9"
    path = copy / f"{CANARY}set.dcm"
    contours.save_as(path, enforce_file_format=True)
    path.write_bytes(path.read_bytes().replace(b"1.2.3.4.5.6.7.8.9", f"{CANARY}-the-uid".encode().ljust(17)))
    return copy


def _is_of_the_parser(said: str) -> bool:
    """Whether the command line itself was not understood: its own words are shown to who typed them."""
    return "Usage:" in said


_SAMPLE = ("run", "inspect", "send", "cohort")


@pytest.mark.parametrize("command", _SAMPLE)
def test_a_failure_tells_nothing_of_the_input(command: str, study: Path, tmp_path: Path) -> None:
    _fail(command, FAILURES[command][0], study, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("command", "words"), [(name, words) for name, all_ in FAILURES.items() for words in all_])
def test_no_failure_tells_anything_of_the_input(command: str, words: str, study: Path, tmp_path: Path) -> None:
    _fail(command, words, study, tmp_path)


@pytest.mark.parametrize("option", [(), ("--json",)])
def test_inspect_shows_descriptions_of_series_and_nothing_else(
    study: Path, tmp_path: Path, option: tuple[str, ...]
) -> None:
    done = _run("inspect", str(study), "--pictures", str(tmp_path / "sheets"), *option)
    assert done.returncode == 0, done.stderr
    assert DESCRIPTION in done.stdout
    _is_silent(done.stdout, DESCRIPTION)
    _is_silent(done.stderr)
    _folder_is_silent(tmp_path / "sheets")


@pytest.mark.parametrize("option", [(), ("--write",)])
def test_correct_tells_nothing_of_the_input(study: Path, tmp_path: Path, option: tuple[str, ...]) -> None:
    given = tmp_path / study.name
    shutil.copytree(study, given)
    done = _run("correct", str(given), *option)
    assert done.returncode == 0, done.stderr
    _is_silent(done.stdout + done.stderr)


def test_the_list_of_flavours_tells_nothing_of_what_lies_around(study: Path) -> None:
    before = sorted(study.rglob("*"))
    variables = {"HOME": str(study), "CMRMAP_HEMATOCRIT": CANARY, "HOLOSCAN_INPUT_PATH": str(study)}
    command = [sys.executable, "-m", "cmrmap", "phantom", "flavours"]
    done = ended(command, cwd=study, env={**os.environ, "PYTHONPATH": str(ROOT), **variables})
    assert done.returncode == 0, done.stderr
    assert "siemens" in done.stdout
    _is_silent(done.stdout + done.stderr)
    assert sorted(study.rglob("*")) == before


def test_numbers_that_are_none_are_not_quoted(one_slice_study: Path, tmp_path: Path) -> None:
    study = write_canary_study(one_slice_study, tmp_path, numbers=True)
    done = _run("inspect", str(study))
    _is_silent(done.stdout, DESCRIPTION)
    _is_silent(done.stderr)


@pytest.mark.slow
@pytest.mark.parametrize("numbers", [False, True])
@pytest.mark.parametrize("module", ["cmrmap", "app"])
def test_a_run_tells_nothing_of_the_input(one_slice_study: Path, tmp_path: Path, module: str, numbers: bool) -> None:
    study = write_canary_study(one_slice_study, tmp_path, numbers=numbers)
    verb = ["run"] if module == "cmrmap" else []
    out = tmp_path / "out"
    done = _run(*verb, "-i", str(study), "-o", str(out), "-l", "DEBUG", module=module, CMRMAP_SEND_TO=_NOWHERE)
    assert done.returncode == 5, done.stderr
    _is_silent(done.stdout + done.stderr)
    # the page is for people who must know whose maps they read; it can be without (outputs.report_identity)
    _folder_is_silent(out, but_for=("report.html", "report.pdf"))
    _edit_is_silent(out, study)
    for verb, more in (("send", ["--to", _NOWHERE, "--retries", "0"]), ("summary", [])):
        told = _run(verb, str(out), *more)
        assert told.returncode == (0 if verb == "summary" else 5), told.stderr
        _is_silent(told.stdout + told.stderr)


def _edit_is_silent(out: Path, study: Path) -> None:
    """Look at what `cmrmap edit` says while its page, which is for people, is asked for, and of a bad change."""
    command = [sys.executable, "-m", "cmrmap", "edit", str(out), "-i", str(study)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    first = process.stdout.readline()
    address = first.split()[1]
    with urlopen(address, timeout=200) as page:
        assert page.status == 200
    origin = {"Origin": address.rsplit("/", 2)[0], "Content-Type": "application/json"}
    sent = Request(address + "edits", json.dumps({"edits": [{"map": CANARY}]}).encode(), origin)
    with pytest.raises(HTTPError) as refused:
        urlopen(sent, timeout=200)
    _is_silent(refused.value.read().decode())
    process.send_signal(signal.SIGTERM)
    said, told = process.communicate(timeout=60)
    assert process.returncode == 143
    _is_silent(first + said + told)


@pytest.mark.slow
def test_an_internal_error_tells_nothing_of_the_input(study: Path, tmp_path: Path) -> None:
    """A library quotes the header that it cannot read, in a chain of errors and in a warning."""
    program = f"""
import sys, warnings, logging
import cmrmap.pipeline.in_process as here
from cmrmap.run.entry import run_command
def fail(settings, outcome):
    logging.getLogger("pydicom").warning("value {CANARY}name")
    logging.getLogger("pydicom").debug("value %s", "{CANARY}name")
    warnings.warn("value {CANARY}name")
    try:
        raise KeyError("{CANARY}name")
    except KeyError as error:
        raise ValueError("value {CANARY}id") from error
sys.exit(run_command(fail, sys.argv[1:]))
"""
    command = [sys.executable, "-c", program, "-i", str(study), "-o", str(tmp_path / "out"), "-l", "DEBUG"]
    done = ended(command, timeout=200)
    assert done.returncode == 1
    assert "after this error" in done.stderr
    assert "KeyError" in done.stderr
    _is_silent(done.stdout + done.stderr.replace(program, ""))
    _folder_is_silent(tmp_path / "out")


@pytest.mark.slow
def test_a_cohort_names_studies_in_its_tables_only(study: Path, tmp_path: Path) -> None:
    done = _run("cohort", "-i", str(study.parent), "-o", str(tmp_path / "out"), "--workers", "1")
    _is_silent(done.stdout + done.stderr)
    for status in (tmp_path / "out").rglob("results/*.json"):
        _is_silent(status.read_text(encoding="utf-8"))
