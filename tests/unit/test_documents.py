"""What README and docs say of commands, options, settings, variables, files and Python is true: looked up, not run."""

from __future__ import annotations

import ast
import importlib
import json
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import typer
import yaml
from PIL import Image

from cmrmap.cli.main import cli
from cmrmap.core.errors import InputError
from cmrmap.core.version import VERSION
from cmrmap.pipeline import StudyAnalysis
from cmrmap.run.run_settings import build_parser
from cmrmap.settings import AnalysisSettings
from tests.documents import ROOT, Command, blocks, commands, documents, spans

DOCUMENTS = documents()
_NAMES = [name for name, _ in DOCUMENTS]
COMMANDS = [one for name, text in DOCUMENTS for one in commands(name, text)]
#: options of other programs that are named in sentences
_OF_OTHERS = {
    *("--network", "--read-only", "--cap-drop", "--user", "--memory", "--pids-limit", "--security-opt", "--gpus"),
    *("--tmpfs", "--runtime", "--device", "--rm", "--shm-size", "--platform", "--no-deps", "--dist", "--cpus"),
}
#: files of the image, relative to its /opt/holoscan
_OF_THE_IMAGE = {"docs/packages.txt"}
#: modules that a reader of the document writes
_OF_THE_READER = {"site_operators"}
_ROOMS = ("app", "benchmarks", "bin", "cmrmap", "docs", "models", "operators", "packaging", "scripts", "tests")


def _group() -> Any:
    return typer.main.get_command(cli)


def _click_faults(words: tuple[str, ...], whole: bool) -> str:
    """Say what is wrong with the words after ``cmrmap``; "" where nothing is."""
    command = _group()
    rest = list(words)
    while getattr(command, "commands", None) is not None and rest and not rest[0].startswith("-"):
        verb = rest.pop(0)
        if verb not in command.commands:
            return "" if verb == "VERB" else f"there is no {verb}"
        command = command.commands[verb]
    if getattr(command, "commands", None) is not None:
        known = {"--version", "--install-completion", "--help"}
        return "" if set(rest) <= known else f"{rest} is no option of cmrmap"
    if command.name == "run":
        return _run_faults(rest, "cmrmap run", whole)
    return _option_faults(command, rest, whole)


def _option_faults(command: Any, rest: list[str], whole: bool) -> str:
    options = {name: one for one in command.params for name in (*one.opts, *one.secondary_opts) if name[0] == "-"}
    flags = {name for name, one in options.items() if one.is_flag}
    arguments = [one for one in command.params if not one.opts[0].startswith("-")]
    given, places = set(), 0
    while rest:
        word = rest.pop(0)
        name = word.partition("=")[0]
        if name in ("--help", "-h"):
            return ""
        if not word.startswith("-"):
            places += 1
        elif name not in options:
            return f"has no option {name}"
        else:
            given.add(options[name].name)
            if name not in flags and "=" not in word and not rest and whole:
                return f"{name} needs a value"
            if name not in flags and "=" not in word and rest:
                rest.pop(0)
    most = sum(1 if one.nargs > 0 else 99 for one in arguments)
    if places > most:
        return f"takes {most} arguments; found {places}"
    missing = [one.name for one in command.params if one.required and one.name not in given and one not in arguments]
    needed = sum(one.required for one in arguments)
    if whole and (missing or places < needed):
        return f"needs {', '.join(missing) or 'an argument'}"
    return ""


def _run_faults(rest: list[str], program: str, whole: bool) -> str:
    names = {name for action in build_parser(program)._actions for name in action.option_strings}
    unknown = [word for word in rest if word.startswith("-") and word not in names]
    if unknown:
        return f"has no option {unknown[0]}"
    if whole:
        try:
            build_parser(program).parse_args(rest)
        except InputError as error:
            return str(error)
    return ""


def _texts(path: Path) -> str:
    """Return a script's source, with that of the other modules in its package where it is one."""
    files = sorted(path.parent.glob("*.py")) if path.name == "__main__.py" else [path]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def _script_faults(path: Path | None, rest: list[str]) -> str:
    if path is None or not path.is_file():
        return "is not there"
    source = _texts(path)
    for word in rest:
        name = word.partition("=")[0]
        said = name in source or re.search(rf"\b{name.strip('-').replace('-', '_')}\b", source)
        if name.startswith("--") and not said:
            return f"has no option {name}"
    return ""


def _make_faults(words: tuple[str, ...]) -> str:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))
    for word in words:
        name = word.partition("=")[0]
        if "=" in word and not re.search(rf"\b{name}\b", text):
            return f"has no variable {name}"
        if "=" not in word and not word.startswith("-") and word not in targets:
            return f"has no target {word}"
    return ""


def _pytest_faults(words: tuple[str, ...]) -> str:
    for word in words:
        path, _, name = word.partition("::")
        if "/" in path and not list(ROOT.glob(path)):
            return f"{path} is not there"
        if name and f"def {name.partition('[')[0]}(" not in (ROOT / path).read_text(encoding="utf-8"):
            return f"{path} has no {name}"
    return ""


def faults(command: Command) -> str:
    """Say what is untrue of a command; "" where nothing is, or where it is another program's."""
    program, rest = command.words[0], command.words[1:]
    name = program.rpartition("/")[2]
    if name == "cmrmap" and "/" not in program.removeprefix(".venv/bin/").removeprefix(".venv-train/bin/"):
        return _click_faults(rest, command.whole)
    if name == "monai-deploy" and rest[:1] == ("exec",):
        return _run_faults(list(rest[2:]), "python -m app", command.whole)
    if name == "make":
        return _make_faults(rest)
    if name == "pytest":
        return _pytest_faults(rest)
    if name == "pip" and rest[:1] == ("install",):
        told = re.findall(r"\.\[([\w,]+)\]", " ".join(rest))
        known = re.findall(r"^(\w+) = \[", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
        return next((f"has no extra {one}" for text in told for one in text.split(",") if one not in known), "")
    if name == "python" and rest[:1] == ("-m",) and len(rest) > 1:
        if rest[1] == "app":
            return _run_faults(list(rest[2:]), "python -m app", command.whole)
        if rest[1].partition(".")[0] not in ("cmrmap", "tests", "mapbuild", "sitebuild"):
            return ""
        path = ROOT / ("packaging" if rest[1].startswith(("mapbuild", "sitebuild")) else "") / rest[1].replace(".", "/")
        return _script_faults(path / "__main__.py" if path.is_dir() else path.with_suffix(".py"), list(rest[2:]))
    if name == "python" and rest and rest[0].endswith(".py") and "/" in rest[0]:
        return _script_faults(ROOT / rest[0], list(rest[1:]))
    if program.startswith(("scripts/", "benchmarks/", "bin/")):
        return "" if (ROOT / program).is_file() else "is not there"
    return ""


def test_every_command_of_the_documents_is_one() -> None:
    checked = [one for one in COMMANDS if one.words[0].rpartition("/")[2] in ("cmrmap", "make", "python", "pytest")]
    assert len([one for one in checked if one.whole]) > 50
    assert len(checked) > 150
    assert [f"{one}: {fault}" for one in COMMANDS if (fault := faults(one))] == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("cmrmap inspekt IN", "there is no inspekt"),
        ("cmrmap inspect IN --picture x", "has no option --picture"),
        ("cmrmap inspect IN OUT", "takes 1 arguments"),
        ("cmrmap inspect", "needs an argument"),
        ("cmrmap cohort -i studies", "needs output"),
        ("cmrmap send OUT --to", "needs a value"),
        ("cmrmap run -i IN -o OUT --sumary", "has no option --sumary"),
        ("cmrmap run -i IN -l LOUD", "invalid choice"),
        ("cmrmap evaluate chort -r a", "there is no chort"),
        ("python -m app -i IN -o OUT --summary", "has no option --summary"),
        ("bin/monai-deploy exec . -i IN --nothing", "has no option --nothing"),
        ("python -m cmrmap.quality.flags_dokument x", "is not there"),
        ("python benchmarks/gone.py", "is not there"),
        ("python benchmarks/intervals.py --first-sead 3", "has no option --first-sead"),
        ("make tests", "has no target tests"),
        ("make evaluation PATIENCE=3", "has no variable PATIENCE"),
        ("pytest tests/unit/gone/test_it.py", "is not there"),
        ("pytest tests/unit/test_documents.py::test_gone", "has no test_gone"),
        ('pip install ".[sent]"', "has no extra sent"),
        ("$ X=1 cmrmap run -i IN -o OUT --wrong && make nothing", "has no option --wrong"),
    ],
)
def test_a_command_that_is_none_is_found(line: str, fault: str) -> None:
    found = [faults(one) for one in commands("here", f"```\n{line}\n```\n")]
    assert fault in " ".join(found)


@pytest.mark.parametrize("line", ["cmrmap VERB --help", "cmrmap summary STUDY OUT", "cmrmap --version", "jq . --gone"])
def test_a_command_that_is_one_is_not(line: str) -> None:
    assert [faults(one) for one in commands("here", f"```\n{line}\n```\n")] == [""]


@cache
def _options() -> frozenset[str]:
    """Every option that any program of ours takes."""
    found = {name for action in build_parser("cmrmap run")._actions for name in action.option_strings}

    def walk(command: Any) -> None:
        found.update(name for one in command.params for name in (*one.opts, *one.secondary_opts))
        for below in getattr(command, "commands", {}).values():
            walk(below)

    walk(_group())
    for folder in ("benchmarks", "docs/figures", "scripts", "packaging", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            found.update(re.findall(r"[\"'](--[a-z][\w-]*)", path.read_text(encoding="utf-8")))
    return frozenset(found)


@pytest.mark.parametrize(("name", "text"), DOCUMENTS, ids=_NAMES)
def test_every_option_that_a_sentence_names_exists(name: str, text: str) -> None:
    known = _options() | _OF_OTHERS | {"--install-completion"}
    named = [word.partition("=")[0] for span in spans(text) if span.startswith("--") for word in span.split()]
    assert [word for word in named if re.fullmatch(r"--[a-z][\w-]+", word) and word not in known] == []


@pytest.mark.parametrize(("name", "text"), DOCUMENTS, ids=_NAMES)
def test_every_setting_that_is_named_exists(name: str, text: str) -> None:
    known = AnalysisSettings().as_dict()
    named = set(re.findall(r"\banalysis\.([a-z_]+)(?:\.([a-z_0-9]*[a-z0-9]))?\b", text))
    wrong = [
        f"analysis.{section}.{key}"
        for section, key in sorted(named)
        # an object of this name is what analyse_folder returns
        if not hasattr(StudyAnalysis, section) and (section not in known or (key and key not in known[section]))
    ]
    assert wrong == []


@pytest.mark.parametrize(("name", "text"), DOCUMENTS, ids=_NAMES)
def test_every_variable_that_is_named_is_read(name: str, text: str) -> None:
    named = set(re.findall(r"\b((?:CMRMAP|HOLOSCAN|MERCURE)_[A-Z_]*[A-Z])\b", text))
    read = _sources()
    assert [one for one in sorted(named) if one not in read and not _is_secret_file(one, read)] == []


@cache
def _sources() -> str:
    """Return all that could read a variable: the code, the scripts, what the image is made from."""
    files = [path for room in ("cmrmap", "app", "tests", "scripts", "packaging") for path in (ROOT / room).rglob("*")]
    texts = [path for path in files if path.is_file() and path.suffix in (".py", ".sh", ".yaml", ".toml", "")]
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in texts)


def _is_secret_file(name: str, read: str) -> bool:
    """Whether it is a secret's variable with _FILE, which is made up of two words in the source."""
    return name.endswith("_FILE") and name.removesuffix("_FILE") in read and "_FILE" in read


@pytest.mark.parametrize(("name", "text"), DOCUMENTS, ids=_NAMES)
def test_every_path_of_the_repository_that_is_named_exists(name: str, text: str) -> None:
    paths = [
        span.partition("::")[0]
        for span in spans(text)
        if re.fullmatch(rf"(?:{'|'.join(_ROOMS)})/[\w./*-]+(?:::\w+)?", span)
    ]
    assert [path for path in paths if path not in _OF_THE_IMAGE and not list(ROOT.glob(path.rstrip("/")))] == []


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "figures").glob("*.[ps][nv]g")), ids=lambda path: path.name)
def test_every_picture_is_whole(path: Path) -> None:
    if path.suffix == ".svg":
        assert ElementTree.parse(path).getroot().tag.endswith("svg")
    else:
        with Image.open(path) as picture:
            picture.load()


def test_the_image_is_named_by_the_version_that_it_is_built_as() -> None:
    named = [(name, tag) for name, text in DOCUMENTS for tag in re.findall(r"\bcmrmap:(\d+\.\d+\.\d+)", text)]
    assert len(named) > 5
    assert [one for one in named if one[1] != VERSION] == []


PYTHON = [(name, block) for name, text in DOCUMENTS for block in blocks(text, "python")]


@pytest.mark.parametrize(("name", "block"), PYTHON, ids=[name for name, _ in PYTHON])
def test_python_of_the_documents_compiles_and_imports_what_is_there(name: str, block: str) -> None:
    missing = []
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.Import):
            missing += [one.name for one in node.names if find_spec(one.name) is None]
        elif isinstance(node, ast.ImportFrom) and node.module not in _OF_THE_READER:
            assert node.module is not None
            module = importlib.import_module(node.module)
            missing += [f"{node.module}.{one.name}" for one in node.names if not hasattr(module, one.name)]
    assert missing == []


def test_yaml_and_json_of_the_documents_can_be_read() -> None:
    read = 0
    for name, text in DOCUMENTS:
        for block in blocks(text, "yaml"):
            content = yaml.safe_load(block)
            if isinstance(content, dict) and "analysis" in content:
                AnalysisSettings.from_mapping(content["analysis"])
            read += 1
        for block in blocks(text, "json"):
            if "..." not in block:
                json.loads(block)
            read += 1
        assert blocks(text, "yml") == [], name
    assert read > 3
