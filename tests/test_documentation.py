"""What the documents say is what the program does."""

from __future__ import annotations

import json
import re
from io import StringIO
from pathlib import Path

import pytest
from dotenv import dotenv_values
from typer.testing import CliRunner

from bot import __version__
from bot.commands.app import _app as app
from bot.commands.explain import page
from bot.domain.texts.catalog import Language
from bot.domain.texts.dictionary import everything
from bot.locales import load_catalog
from bot.settings.names import forms
from bot.settings.settings import Settings
from bot.slack.manifest import OPTIONAL_SCOPES, SCOPES
from scripts import settings_pages
from scripts.pictures import CARDS, DIGESTS, FOLDER, PLAYGROUND, digests

ROOT = Path(__file__).parents[1]
DOCUMENTS = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
}
README = DOCUMENTS["README.md"]
# The file, empty for the page itself, and the part of it.
LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]+))?\)")
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def links(name: str) -> list[tuple[Path, str]]:
    """The file and the part that each relative link of a document leads to."""
    page = ROOT / name
    return [
        ((page.parent / file).resolve() if file else page, part)
        for file, part in LINK.findall(DOCUMENTS[name])
    ]


def anchors(text: str) -> list[str]:
    """The parts of a page, as GitHub names them."""
    headings: list[str] = re.findall(r"^#+ (.+)$", FENCED.sub("", text), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


def code() -> list[str]:
    """What stands in the documents as code: in a line, and as lines of shell."""
    found: list[str] = []
    for text in DOCUMENTS.values():
        shell = [block for language, block in FENCED.findall(text) if language == "sh"]
        found += [line for block in shell for line in block.splitlines()]
        found += re.findall(r"`([^`\n]+)`", FENCED.sub("", text))
    return found


@pytest.mark.parametrize(
    ("name", "language"),
    [("codes.md", Language.ENGLISH), ("codigos.md", Language.PORTUGUESE)],
)
def test_the_page_of_all_codes_is_what_the_program_writes(name: str, language: Language) -> None:
    """`make pages` was run after the last change of a text."""
    catalog = load_catalog(language)

    assert page(everything(catalog), catalog) == DOCUMENTS[f"docs/{name}"]


def test_the_pages_of_settings_are_what_the_code_says() -> None:
    """`make pages` was run after the last change of a setting."""
    assert settings_pages.page() == DOCUMENTS["docs/settings.md"]
    assert settings_pages.example() == settings_pages.EXAMPLE.read_text("utf-8")


def test_every_setting_has_its_form_and_its_meaning() -> None:
    """Neither the page nor the example misses one, nor has one that does not exist."""
    settings = sorted(name.upper() for name in Settings.model_fields)
    example = settings_pages.EXAMPLE.read_text("utf-8")

    assert settings == sorted(forms())
    assert settings == sorted(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))
    assert settings == sorted(re.findall(r"(?m)^\| `([A-Z_]+)`", DOCUMENTS["docs/settings.md"]))


def test_the_example_shows_every_default_and_changes_none() -> None:
    """A copy of it is as good as no file, as it stands and with each line taken into use."""
    example = settings_pages.EXAMPLE.read_text("utf-8")
    in_use = re.sub(r"(?m)^#(?=[A-Z_]+=)", "", example)

    for text in (example, in_use):
        values = dotenv_values(stream=StringIO(text))
        copied = Settings.of(**{name.lower(): value for name, value in values.items() if value})
        assert Settings.of().model_dump() == copied.model_dump()
    assert "DATABASE_URL=sqlite:///voicestatus.db" in in_use


def test_every_setting_that_a_document_names_exists() -> None:
    """A setting that was renamed or taken out is not described any more."""
    ours = {name.partition("_")[0] for name in forms()}
    named = {word for text in code() for word in re.findall(r"\b[A-Z]+_[A-Z_]+\b", text)}

    assert set() == {name for name in named if name.partition("_")[0] in ours} - set(forms())


def test_the_pictures_show_what_the_bot_answers_today() -> None:
    """A card that changed has a new picture: `make cards`."""
    assert digests() == json.loads((FOLDER / DIGESTS).read_text("utf-8"))


def test_every_picture_is_there_and_is_shown() -> None:
    """None is missing, and none is left over."""
    names = {f"{name}.png" for name in (*CARDS, PLAYGROUND)}
    shown = {file.name for name in DOCUMENTS for file, _ in links(name) if file.parent == FOLDER}

    assert {*names, DIGESTS} == {path.name for path in FOLDER.iterdir()}
    assert names == shown


def test_every_page_is_linked_from_the_readme() -> None:
    """Whoever begins at the README finds each page under docs/."""
    assert set() == set(ROOT.glob("docs/*.md")) - {file for file, _ in links("README.md")}


def test_relative_links_lead_to_a_file_and_to_a_part_of_it() -> None:
    """No link of a document is dead."""
    found = [(name, file, part) for name in DOCUMENTS for file, part in links(name)]

    assert [] == [(name, file) for name, file, _ in found if not file.exists()]
    to_parts = [(name, file, part) for name, file, part in found if part]
    assert to_parts
    assert [] == [
        (name, file, part)
        for name, file, part in to_parts
        if part not in anchors(file.read_text("utf-8"))
    ]


def test_every_path_that_a_document_names_exists() -> None:
    """A module that was moved is not looked for in its old place."""
    named = {
        path
        for text in code()
        for path in re.findall(r"^((?:bot|docs|scripts|tests|requirements)/[\w./-]*)$", text)
    }
    waits = DOCUMENTS["docs/testing.md"].partition("## Real waits")[2]
    named |= {f"tests/{path}" for path in re.findall(r"(?m)^\| `([\w/.]+)`", waits)}

    assert "bot/domain/timing.py" in named
    assert [] == [path for path in sorted(named) if not (ROOT / path).exists()]


def test_every_command_that_a_document_shows_exists() -> None:
    """Each `voicestatus WORD` is a command with help."""
    words = {word for text in code() for word in re.findall(r"^voicestatus ([a-z]+)\b", text)}

    assert {"lookup", "doctor", "run"} <= words
    for word in sorted(words):
        assert 0 == CliRunner().invoke(app, [word, "--help"]).exit_code, word


def test_every_make_target_that_a_document_shows_exists() -> None:
    """Each `make WORD` is a target."""
    targets = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text("utf-8")))
    words = {word for text in code() for word in re.findall(r"^make ([a-z]+)\b", text)}

    assert "demo" in words
    assert set() == words - targets


def test_the_readme_stays_short() -> None:
    """One picture and some 150 lines; the rest is on pages."""
    assert len(README.splitlines()) <= 150
    assert 1 == README.count("![")


def test_every_scope_has_its_reason() -> None:
    """For the admin who installs the app."""
    scopes = DOCUMENTS["docs/installing.md"].partition("\n## Scopes\n")[2].partition("\n## ")[0]

    assert {*SCOPES, *OPTIONAL_SCOPES} == set(re.findall(r"`([a-z_]+:[a-z]+|commands)`", scopes))


def outline(text: str) -> list[object]:
    """What a translation leaves as it is."""
    prose = FENCED.sub("", text)
    shell = [
        line.partition("#")[0] for _, block in FENCED.findall(text) for line in block.split("\n")
    ]
    links = re.findall(r"(!?)\[[^]]*\]\(([^)]+)\)", prose)
    return [
        re.findall(r"(?m)^(#+ |\| |- |\d+\.)", prose),
        sorted(link for link in links if not link[1].startswith("README")),
        [line.strip() for line in shell],
        sorted(
            re.findall(r"`(make \w+|voicestatus [a-z][^`]*|[A-Z]+_[A-Z_]+|xox.*?|xapp.*?)`", prose)
        ),
    ]


def test_the_portuguese_readme_is_the_same() -> None:
    """It has the same headings, steps, tables, pictures, links, commands and settings."""
    portuguese = DOCUMENTS["README.pt-BR.md"]

    for ours, theirs in zip(outline(README), outline(portuguese), strict=True):
        assert ours == theirs
    assert "(README.pt-BR.md)" in README
    assert "(README.md)" in portuguese


def test_the_changelog_speaks_of_this_version() -> None:
    """The version of the package has its section."""
    assert f"## {__version__}" in DOCUMENTS["CHANGELOG.md"]
