"""What the documents say is what the program does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot import __version__
from bot.commands.app import _app as app
from bot.commands.explain import page
from bot.domain.texts.catalog import Language
from bot.domain.texts.dictionary import everything
from bot.locales import load_catalog
from bot.settings.hints import HINTS
from bot.settings.settings import Settings
from scripts.pictures import CARDS, DIGESTS, FOLDER, PLAYGROUND, digests

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")


@pytest.mark.parametrize(
    ("name", "language"),
    [("codes.md", Language.ENGLISH), ("codigos.md", Language.PORTUGUESE)],
)
def test_the_page_of_all_codes_is_what_the_program_writes(name: str, language: Language) -> None:
    """`make cards` was run after the last change of a text."""
    catalog = load_catalog(language)

    assert page(everything(catalog), catalog) == (ROOT / "docs" / name).read_text("utf-8")


def test_the_pictures_show_what_the_bot_answers_today() -> None:
    """A card that changed is shown anew in the README: `make cards`."""
    assert digests() == json.loads((FOLDER / DIGESTS).read_text("utf-8"))


def test_every_picture_is_there_and_shown_in_the_readme() -> None:
    """None is missing, and none is left over."""
    names = {f"{name}.png" for name in (*CARDS, PLAYGROUND)}

    assert {*names, DIGESTS} == {path.name for path in FOLDER.iterdir()}
    readme = (ROOT / "README.md").read_text("utf-8")
    assert set() == {name for name in names if f"(docs/pictures/{name})" not in readme}


def test_relative_links_lead_to_a_file() -> None:
    """No link of a document is dead."""
    links = [(page, link) for page in DOCUMENTS for link in LINK.findall(page.read_text("utf-8"))]

    assert links
    assert [] == [(page.name, link) for page, link in links if not (page.parent / link).exists()]


def test_every_setting_stands_in_the_example_and_in_the_readme() -> None:
    """Neither page knows a setting that does not exist, nor misses one that does."""
    settings = {name.upper() for name in Settings.model_fields}
    example = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE)
    table = (
        (ROOT / "README.md").read_text("utf-8").partition("## Settings")[2].partition("\n## ")[0]
    )

    assert settings == set(HINTS)
    assert sorted(settings) == sorted(example)
    assert settings == set(re.findall(r"`([A-Z]+_[A-Z_]+)`", table))


def test_the_example_changes_no_default() -> None:
    """A copy of the example with nothing filled in is as good as no file."""
    copied = Settings(_env_file=ROOT / ".env.example")

    assert Settings.of().model_dump() == copied.model_dump()


def test_every_command_that_the_readme_shows_exists() -> None:
    """Each `voicestatus WORD` of the README is a command with help."""
    words = set(re.findall(r"voicestatus ([a-z]+)\b", (ROOT / "README.md").read_text("utf-8")))
    commands = {"run", "lookup", "explain", "sandbox", "demo", "doctor", "manifest"}

    assert {"lookup", "doctor", "run"} <= words & commands
    for word in sorted(words & commands):
        assert 0 == CliRunner().invoke(app, [word, "--help"]).exit_code, word


def test_the_changelog_speaks_of_this_version() -> None:
    """The version of the package has its section."""
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")
