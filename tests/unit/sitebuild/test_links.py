"""Links of the documents as the site needs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sitebuild.links import resolved, rewritten, source_file, targets
from sitebuild.source_pages import file_page, folder_page

ROOT = Path(__file__).resolve().parents[3]
PLACES = {
    "README.md": "overview.md",
    "docs/flags.md": "flags.md",
    "cmrmap/core/map_spec.py": "source/cmrmap/core/map_spec.py.md",
    "docs/figures/a.png": "figures/a.png",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a](../../README.md#limits)", "[a](../overview.md#limits)"),
        ("[a](../flags.md)", "[a](../flags.md)"),
        ("[b](../../cmrmap/core/map_spec.py) and [c](../flags.md)", None),
        ("![p](../figures/a.png)", "![p](../figures/a.png)"),
        ("[out](https://example.org/README.md)", "[out](https://example.org/README.md)"),
        ("[here](#below)", "[here](#below)"),
        ("`[a](../../README.md)` [a](../../README.md)", "`[a](../../README.md)` [a](../overview.md)"),
        ("[gone](gone.md)", "[gone](gone.md)"),  # the strict build tells it
        ("```\n[a](../../README.md)\n```", "```\n[a](../../README.md)\n```"),
        ("~~~\n[a](../../README.md)\n```\n[a](../../README.md)\n~~~\n[a](../../README.md)", None),
    ],
)
def test_links_lead_to_where_the_site_has_what_they_name(text: str, expected: str | None) -> None:
    found = rewritten(text, "docs/how-to/add.md", "how-to/add.md", PLACES)
    if expected is not None:
        assert found == expected
    elif text.startswith("~~~"):
        assert found == text[: text.rindex("[a]")] + "[a](../overview.md)"
    else:
        assert found == "[b](../source/cmrmap/core/map_spec.py.md) and [c](../flags.md)"


def test_links_of_a_document_of_the_root_are_relative_to_the_root() -> None:
    assert rewritten("[f](docs/flags.md#x)", "README.md", "overview.md", PLACES) == "[f](flags.md#x)"


def test_targets_are_those_outside_of_code() -> None:
    text = "[a](one.md#x) `[b](two.md)` [c](https://example.org) [d](#here)\n```\n[e](three.md)\n```\n![f](four.png)"
    assert list(targets(text)) == ["one.md", "four.png"]


def test_a_target_is_resolved_from_where_the_document_lies() -> None:
    assert resolved("docs/how-to/add.md", "../../app.yaml#x") == "app.yaml"
    assert resolved("README.md", "docs/flags.md") == "docs/flags.md"


def test_what_a_link_names_is_a_page_a_folder_or_an_asset(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "a.py").write_text("A = 1\n")
    (tmp_path / "b.bin").write_bytes(b"\0\1")
    (tmp_path / "long.txt").write_text("x" * 200_000)
    kinds = {name: source_file(tmp_path, name) for name in ("room", "room/a.py", "b.bin", "long.txt", "gone")}
    assert {name: one and one.kind for name, one in kinds.items()} == {
        "room": "folder",
        "room/a.py": "page",
        "b.bin": "asset",
        "long.txt": "asset",
        "gone": None,
    }


def test_a_source_page_holds_the_whole_file_whatever_fences_are_in_it(tmp_path: Path) -> None:
    content = 'TEXT = """\n`````\n# not a heading\n`````\n"""\n'
    (tmp_path / "a.py").write_text(content)
    page = file_page(tmp_path, "a.py")
    fence = "`" * 6
    assert page.endswith(f'{fence}python linenums="1"\n{content}{fence}\n')
    assert "exclude: true" in page


def test_a_folder_page_links_to_what_the_site_shows(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    for name in ("a.py", "b.py", ".hidden"):
        (tmp_path / "room" / name).write_text("")
    page = folder_page(tmp_path, "room", {"room/a.py": "source/room/a.py.md"})
    assert page.endswith("- [`a.py`](a.py.md)\n- `b.py`\n")
