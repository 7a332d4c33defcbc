"""The pages of the reference: all that the code has is on them, and as it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

import cmrmap
from cmrmap.cli.main import ORDER
from cmrmap.core.errors import CmrmapError
from cmrmap.run.run_settings import build_parser
from cmrmap.settings import AnalysisSettings
from sitebuild import command_pages
from sitebuild.api_pages import api_pages, exported
from sitebuild.command_pages import command_line_page, commands
from sitebuild.exit_code_page import exit_code_page, exit_codes
from sitebuild.schema_page import schema_page
from sitebuild.settings_page import settings_page

ROOT = Path(__file__).resolve().parents[3]


def test_every_verb_and_every_option_is_on_the_page_of_the_command_line() -> None:
    page = command_line_page()
    verbs = [name for name, _ in commands()]
    assert {name.split()[1] for name in verbs} == set(ORDER)
    for name, command in commands():
        section = page.split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0]
        options = [word for one in command.params for word in (*one.opts, *one.secondary_opts) if word.startswith("-")]
        if name == "cmrmap run":
            options = [word for action in build_parser(name)._actions for word in action.option_strings]
        assert [word for word in options if f"`{word}`" not in section and word not in ("--help", "-h")] == [], name


def test_fences_of_the_command_line_s_page_are_closed() -> None:
    page = command_line_page()
    assert page.count("\n```") % 2 == 0
    assert "\n``\n" not in page
    assert "\n```\ncmrmap send results --to dicom://ORTHANC@pacs.local:4242\n" in page


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Do it.\n\n  cmrmap x\n\n  cmrmap y\n\nThen ``stop``.",
            "Do it.\n\n\n```\ncmrmap x\ncmrmap y\n```\n\nThen `stop`.",
        ),
        ("Do it.\n\n\b\ncmrmap x", "Do it.\n\n\n\n```\ncmrmap x\n```"),
        ("Do it.", "Do it."),
        ("Exit codes: as of\ncmrmap run.", "Exit codes: as of\ncmrmap run."),
        ("From DIR/<study>, 2 < 3.\n\n  cmrmap x <a>", "From DIR/&lt;study>, 2 < 3.\n\n\n```\ncmrmap x <a>\n```"),
    ],
)
def test_examples_of_a_help_text_are_code(text: str, expected: str) -> None:
    assert command_pages._prose(text) == expected


def test_choices_and_names_in_brackets_are_shown_as_they_are() -> None:
    page = command_line_page()
    assert "| `DEBUG | INFO | WARN | ERROR | CRITICAL` |" in page
    assert "DIR/&lt;patient>/dicom" in page


def test_every_setting_is_on_its_page_with_its_default() -> None:
    page = settings_page()
    shown = yaml.safe_load((ROOT / "app.yaml").read_text(encoding="utf-8"))["analysis"]
    assert set(shown) == set(AnalysisSettings().as_dict())
    for section, keys in shown.items():
        part = page.split(f"\n## analysis.{section}\n", 1)[1].split("\n## ", 1)[0]
        rows = [
            [cell.strip(" `") for cell in line.split(" | ")] for line in part.splitlines() if line.startswith("| `")
        ]
        found = {row[0].strip("| `"): yaml.safe_load(row[1]) for row in rows}
        assert found == keys, section


def test_every_field_of_results_json_is_on_its_page() -> None:
    page = schema_page(ROOT)
    schema = json.loads((ROOT / "docs" / "results.schema.json").read_text(encoding="utf-8"))
    for name, part in {"The document": schema, **schema["$defs"]}.items():
        section = page.split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0]
        assert [one for one in part.get("properties", {}) if f"| `{one}` |" not in section] == [], name


def test_every_exit_code_and_every_error_is_on_their_page() -> None:
    page = exit_code_page()
    assert [code for code in exit_codes() if f"\n| `{code}` | `" not in page] == []
    assert "| `0` | `ok` |" in page
    assert "| `3` | `nothing_to_do` |" in page
    assert "| `4` | `refused` |" in page
    assert [one.__name__ for one in CmrmapError.__subclasses__() if f"`{one.__name__}`" not in page] == []


def test_every_exported_name_has_its_place_in_the_reference() -> None:
    pages = api_pages(ROOT)
    assert "::: cmrmap.analyse_folder" in pages["api/cmrmap.md"]
    assert set(exported(ROOT, "cmrmap")) == {name for name in cmrmap.__all__ if not name.startswith("__")}
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert [uri for uri in pages if f"- {uri}\n" not in nav] == []
