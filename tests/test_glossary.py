"""The texts that people read use the words of the glossary in `docs`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| (?!---|Term)(.+) \| (.+) \| ?(.*) \|$", re.MULTILINE)
FILES = {"glossary": ("en.toml", "remedies.toml"), "glossario": ("pt_BR.toml",)}


def rows(name: str) -> list[tuple[str, str, str]]:
    """The term, its meaning and the words that it replaces."""
    return ROW.findall((ROOT / f"docs/{name}.md").read_text("utf-8"))


def texts(table: dict[str, Any], where: str) -> Iterator[tuple[str, str]]:
    """Every text of a file by its key; the words that people may search for are theirs."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from texts(value, f"{where}.{key}")
        elif isinstance(value, str):
            yield f"{where}.{key}", value


def test_both_languages_have_the_same_terms() -> None:
    """Row by row, each with its meaning."""
    assert len(rows("glossary")) == len(rows("glossario")) > 10


@pytest.mark.parametrize("name", FILES)
def test_no_text_has_a_word_that_the_glossary_replaces(name: str) -> None:
    """In any case, and in the plural."""
    terms = {other: term for term, _, others in rows(name) for other in others.split(", ") if other}
    replaced = re.compile(rf"\b(?:{'|'.join(map(re.escape, terms))})(?:e?s)?\b", re.IGNORECASE)
    files = {file: (ROOT / "bot/locales" / file).read_text("utf-8") for file in FILES[name]}

    assert [] == [
        f"{key} has “{found[0]}”; docs/{name}.md has another term"
        for file, text in files.items()
        for key, value in texts(tomllib.loads(text), file)
        if (found := replaced.search(value))
    ]
