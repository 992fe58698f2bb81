"""What people are told of a file: its list, or why there is none and what to do about it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import product

import pytest
from file_scene import FileScene, file_scene

from bot.demo.loopback.message_rules import CALLING_MARKUP
from bot.domain.catalog import Catalog, Language
from bot.domain.id_list import ListProblem, UnreadableListError
from bot.locales import load_catalog
from bot.slack.attached_files import FileProblem, UnreadableFileError
from bot.slack.file_notes import FoundList, list_on, may_hold_list, unread_line

ENGLISH, PORTUGUESE = (load_catalog(language) for language in Language)
CATALOGS = pytest.mark.parametrize("catalog", [ENGLISH, PORTUGUESE], ids=["en", "pt-BR"])
# What Excel in Brazil writes: semicolons, Windows-1252.
EXCEL = "Cliente;Telefone;IDMSG\r\nJoão;11987654321;MPG000236180474\r\nAna;;MPG000236180475\r\n"


@pytest.fixture
async def scene() -> AsyncIterator[FileScene]:
    """A bot that may read files."""
    async with file_scene("files:read") as running:
        yield running


async def test_the_list_of_a_file_comes_with_its_name(scene: FileScene) -> None:
    """As Excel in Brazil writes it."""
    message = await scene.message({"name": "Ligações.csv", "content": EXCEL.encode("cp1252")})

    found = await list_on(scene.attached, message, ENGLISH, max_ids=10)

    assert found.ids is not None
    assert ("Ligações.csv", "") == (found.name, found.line)
    assert ["MPG000236180474", "MPG000236180475"] == [one.value for one in found.ids.ids]
    assert found.ids == await scene.attached.read(message, max_ids=10)


async def test_a_file_that_cannot_be_had_is_a_line(scene: FileScene) -> None:
    """Nothing is raised; the scope that is missing stands in it."""
    scene.slack.workspace.scopes.discard("files:read")
    message = await scene.message("list.csv")

    found = await list_on(scene.attached, message, ENGLISH, max_ids=10)

    assert FoundList(line=found.line) == found
    assert "scope `files:read`" in found.line


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "There is nothing in it."),
        (b"%PDF-1.7\n" + bytes(range(256)), "a PDF"),
        (b"PK\x03\x04" + b"xl/workbook.xml" * 10, "save"),
        ("\r\n".join(f"MPG{n:012}" for n in range(11)).encode(), "up to 10 at a time"),
    ],
    ids=["empty", "document", "workbook", "too many"],
)
async def test_a_file_that_is_no_list_is_a_line_with_its_name(
    scene: FileScene, content: bytes, part: str
) -> None:
    """The list's own sentence, and which file it is about."""
    message = await scene.message({"name": "list.csv", "content": content})

    found = await list_on(scene.attached, message, ENGLISH, max_ids=10)

    assert found.ids is None
    assert found.line.startswith("`list.csv`: ")
    assert part in found.line


async def test_a_message_that_may_hold_a_list_is_known_without_asking(scene: FileScene) -> None:
    """So that all other messages are as quick as before."""
    assert may_hold_list(await scene.message("photo.png", "list.csv"))
    assert not may_hold_list(await scene.message("photo.png"))
    assert not may_hold_list(await scene.message())
    assert [] == scene.slack.calls


@pytest.mark.parametrize(
    ("problem", "catalog"), list(product(FileProblem, (ENGLISH, PORTUGUESE))), ids=str
)
def test_every_problem_has_a_line(problem: FileProblem, catalog: Catalog) -> None:
    """A sentence in each language, with or without a name; nothing is left to be filled in."""
    for names in ((), ("",), ("a.csv",), tuple(f"{n}.csv" for n in range(10))):
        line = unread_line(UnreadableFileError(problem, names), catalog)
        assert line.endswith(".")
        assert not {"{", "}"} & set(line)


@CATALOGS
def test_a_name_is_somebodys_words(catalog: Catalog) -> None:
    """It rings nobody, links nowhere and does not leave its backticks."""
    name = "`<!channel>` *x* <https://evil.example|a.csv>\u202e\n.csv"

    for error in (
        UnreadableFileError(FileProblem.SEVERAL, [name] * 2),
        UnreadableListError(ListProblem.NO_IDS),
    ):
        line = unread_line(error, catalog, name=name)
        assert not CALLING_MARKUP.search(line)
        assert "<" not in line
        assert "\u202e" not in line
        assert "\n" not in line
        assert 0 == line.count("`") % 2
        assert "'&lt;!channel&gt;' *x*" in line


def test_of_many_names_some_are_shown() -> None:
    """And that there are more."""
    names = [f"{number}.csv" for number in range(10)]

    line = unread_line(UnreadableFileError(FileProblem.SEVERAL, names), ENGLISH)

    assert "`4.csv`, …" in line
    assert "5.csv" not in line
