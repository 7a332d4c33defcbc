"""What the documents claim that a program can look at: commands, options, settings, variables, paths, Python."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: the changelog tells of what was, too; what it names need not be there any more
DOCUMENTS = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "SUPPORT.md", "CODE_OF_CONDUCT.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
)
_BLOCK = re.compile(r"^( *)(`{3,})(\w*)[^\n]*\n(.*?)^\1\2 *$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_SHELL = ("", "sh", "bash", "console")
_ASSIGNMENT = re.compile(r"^[A-Z][A-Z0-9_]*=")


@dataclass(frozen=True, slots=True)
class Command:
    """A command as a document gives it.

    Attributes
    ----------
    where : the document, for messages
    words : as a shell would split it, without variables set before it
    whole : whether it stands in a block, to be typed as it is, rather than named in a sentence
    """

    where: str
    words: tuple[str, ...]
    whole: bool

    def __str__(self) -> str:
        return f"{self.where}: {' '.join(self.words)}"


def documents() -> list[tuple[str, str]]:
    """Return the documents that are there: path and text."""
    return [(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in DOCUMENTS if path.is_file()]


def blocks(text: str, *languages: str) -> list[str]:
    """Return the fenced blocks in one of the languages."""
    return [body for _, _, language, body in _BLOCK.findall(text) if language in languages]


def spans(text: str) -> list[str]:
    """Return what stands in code spans within sentences, in one line each."""
    return [" ".join(one.split()) for one in _SPAN.findall(_BLOCK.sub("", text))]


def commands(where: str, text: str) -> Iterator[Command]:
    """Yield every command of a document that begins with a program's name."""
    for body in blocks(text, *_SHELL):
        for line in re.sub(r"\\\n\s*", " ", body).splitlines():
            yield from _commands_of(where, line.strip().removeprefix("$ "), whole=True)
    for span in spans(text):
        yield from _commands_of(where, span, whole=False)


def _commands_of(where: str, line: str, *, whole: bool) -> Iterator[Command]:
    # three blanks set off what a line says of its command; square brackets enclose what may be left out
    told = re.split(r"\s{3,}(?![-|\s])", line)[0]
    for part in re.split(r"\s(?:&&|\|\|?|;)\s|;\s", told):
        try:
            words = shlex.split(re.sub(r"(?<=\s)\[|\](?=\s|$)", "", part), comments=True)
        except ValueError:
            continue  # a sentence with an apostrophe is no command
        while words and _ASSIGNMENT.match(words[0]):
            words.pop(0)
        if words:
            yield Command(where, tuple(words), whole)
