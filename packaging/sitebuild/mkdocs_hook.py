"""What MkDocs calls while it builds the site (mkdocs.yml, ``hooks``): pages that are made, links that are mended."""

from __future__ import annotations

import logging
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from cmrmap.core.version import VERSION
from sitebuild.api_pages import api_pages
from sitebuild.command_pages import command_line_page
from sitebuild.exit_code_page import exit_code_page
from sitebuild.links import ROOT_PAGES, SourceFile, resolved, rewritten, source_file, targets
from sitebuild.notebooks import cells, jupyter
from sitebuild.schema_page import schema_page
from sitebuild.settings_page import settings_page
from sitebuild.source_pages import file_page, folder_page, shown_files

ROOT = Path(__file__).resolve().parents[2]
_ASSETS = ("cmrmap.css", "iframe-worker.js", "iframe-worker.LICENSE.txt")
_FONTS = ("Regular", "It", "Semibold", "Bold")
#: what the settings page links to, which no document does
_ALWAYS_SHOWN = ("app.yaml",)
#: where `make notebooks` leaves what it ran
_RUN_NOTEBOOKS = Path(os.environ.get("CMRMAP_NOTEBOOKS", ROOT / "out" / "notebooks"))
_LOG = logging.getLogger("mkdocs.hooks.sitebuild")
#: long records, in which every word stands: the search shows them after the documents
_READ_LAST = ("changelog", "dev/")
#: the repository's place of every document, by its place in the site; filled by on_files
_paths: dict[str, str] = {}
#: the site's place of every file of the repository that a document links to; filled by on_files
_places: dict[str, str] = {}


def on_config(config: Any) -> Any:
    """Show the version at the foot of every page."""
    config.copyright = f"CMRmap {VERSION}. {config.copyright}"
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the documents of the root, the pages made from the code, and a page for every file that is linked to."""
    _paths.clear()
    _places.clear()
    for file in files.documentation_pages():
        _paths[file.src_uri] = f"docs/{file.src_uri}"
    for path, uri in ROOT_PAGES.items():
        if (ROOT / path).is_file():
            files.append(File.generated(config, uri, content=(ROOT / path).read_text(encoding="utf-8")))
            _paths[uri] = path
    made = {
        "reference-command-line.md": command_line_page(),
        "reference-settings.md": settings_page(),
        "reference-results.md": schema_page(ROOT),
        "reference-exit-codes.md": exit_code_page(),
        **api_pages(ROOT),
    }
    for uri, text in made.items():
        files.append(File.generated(config, uri, content=text))
    _add_notebooks(files, config)
    _add_sources(files, config)
    _add_assets(files, config)
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Let the links of a document lead to where the site has what they name."""
    path = _paths.get(page.file.src_uri)
    if page.file.src_uri.startswith(_READ_LAST):
        page.meta.setdefault("search", {})["boost"] = 0.3
    return markdown if path is None else rewritten(markdown, path, page.file.src_uri, _places)


def _add_notebooks(files: Files, config: Any) -> None:
    for notebook in sorted((ROOT / "docs" / "notebooks").glob("*.py")):
        name = notebook.stem
        run = _RUN_NOTEBOOKS / f"{name}.md"
        if not run.is_file():
            _LOG.warning("notebook %s was not run; make notebooks", name)
            continue
        uri = f"notebooks/{name}.md"
        files.append(File.generated(config, uri, content=run.read_text(encoding="utf-8")))
        _paths[uri] = f"docs/notebooks/{name}.py"
        text = jupyter(notebook.read_text(encoding="utf-8"))
        files.append(File.generated(config, f"notebooks/{name}.ipynb", content=text))
        for picture in sorted(_RUN_NOTEBOOKS.glob(f"{name}-*.png")):
            files.append(File.generated(config, f"notebooks/{picture.name}", abs_src_path=str(picture)))


def _add_sources(files: Files, config: Any) -> None:
    _places.update({path: uri for uri, path in _paths.items()})
    wanted = set(_ALWAYS_SHOWN)
    for path in list(_paths.values()):
        text = (ROOT / path).read_text(encoding="utf-8")
        if path.endswith(".py"):  # a notebook: its prose is in comments
            text = "\n".join(cell.text for cell in cells(text) if cell.markdown)
        wanted |= {resolved(path, target) for target in targets(text)}
    copied = {f"docs/{file.src_uri}": file.src_uri for file in files if not file.inclusion.is_excluded()}
    wanted = {path for path in wanted if path not in _places}
    _places.update({path: copied[path] for path in wanted if path in copied})
    folders = {path for path in wanted if path not in copied and (ROOT / path).is_dir()}
    wanted |= {file for folder in folders for file in shown_files(ROOT, folder)}
    found = [source_file(ROOT, path) for path in sorted(wanted - copied.keys()) if not path.startswith("..")]
    sources = [one for one in found if one is not None]
    _places.update({one.path: one.uri for one in sources})
    for one in sources:
        files.append(_file_of(one, config))


def _file_of(one: SourceFile, config: Any) -> File:
    if one.kind == "asset":
        return File.generated(config, one.uri, abs_src_path=str(ROOT / one.path))
    text = folder_page(ROOT, one.path, _places) if one.kind == "folder" else file_page(ROOT, one.path)
    return File.generated(config, one.uri, content=text)


def _add_assets(files: Files, config: Any) -> None:
    here = Path(__file__).parent / "assets"
    for name in _ASSETS:
        files.append(File.generated(config, f"assets/cmrmap/{name}", abs_src_path=str(here / name)))
    spec = find_spec("font_source_sans_pro")
    if spec is None or spec.origin is None:
        raise LookupError("the package font-source-sans-pro is not installed; make env")
    fonts = Path(spec.origin).parent / "files"
    for name in (*(f"SourceSansPro-{style}.ttf" for style in _FONTS), "LICENSE.txt"):
        files.append(File.generated(config, f"assets/cmrmap/fonts/{name}", abs_src_path=str(fonts / name)))
