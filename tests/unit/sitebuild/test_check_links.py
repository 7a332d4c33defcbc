"""What is wrong with a built site is found."""

from __future__ import annotations

from pathlib import Path

from sitebuild.check_links import faults


def _site(folder: Path, **pages: str) -> Path:
    for name, body in pages.items():
        (folder / f"{name}.html").write_text(f"<html><body>{body}</body></html>")
    return folder


def test_a_site_whose_links_hold_has_no_faults(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("")
    site = _site(
        tmp_path,
        one='<link rel="stylesheet" href="a.css"><a href="two.html#there">x</a><a href="#here">y</a><p id="here">',
        two='<h1 id="there">z</h1><a href="https://example.org">out</a><img src="data:image/png;base64,AA==">',
    )
    assert faults(site) == []


def test_every_kind_of_fault_is_found(tmp_path: Path) -> None:
    site = _site(
        tmp_path,
        one='<a href="gone.html">x</a><a href="two.html#gone">y</a><a href="/two.html">z</a><img src="gone.png">'
        '<script src="https://example.org/a.js"></script><link rel="stylesheet" href="//example.org/a.css">',
        two="",
    )
    assert sorted(faults(site)) == [
        "one.html: /two.html is absolute: it leads elsewhere when the page is opened as a file",
        "one.html: gone.html leads to no file",
        "one.html: gone.png leads to no file",
        "one.html: loads //example.org/a.css",
        "one.html: loads https://example.org/a.js",
        "one.html: two.html#gone leads to no place on that page",
    ]


def test_a_word_in_angle_brackets_that_is_not_shown_is_found(tmp_path: Path) -> None:
    site = _site(tmp_path, one="<p>DIR/<study>/dicom, DIR/&lt;study&gt;/truth<br></p>")
    assert faults(site) == ["one.html: <study> is no element: a word in angle brackets is not shown"]
