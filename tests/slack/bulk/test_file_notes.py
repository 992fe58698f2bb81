"""The notes about a file: its list, or why it has none and what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.domain.id_lists.id_list import ListProblem, UnreadableListError
from bot.domain.texts.catalog import Catalog
from bot.fake_slack.rules.message_rules import CALLING_MARKUP
from bot.slack.bulk.from_file import FoundList, list_on, may_hold_list, unread_line
from bot.slack.files.download import FileProblem, UnreadableFileError
from tests.slack.file_scene import FileScene, file_scene
from tests.support.wording import EN, PT, say

# The format of Excel in Brazil: semicolons, Windows-1252.
EXCEL = "Cliente;Telefone;IDMSG\r\nJoão;11987654321;MPG000236180474\r\nAna;;MPG000236180475\r\n"


@pytest.fixture
async def scene() -> AsyncIterator[FileScene]:
    """A bot that may read files."""
    async with file_scene("files:read") as running:
        yield running


async def test_the_list_of_a_file_comes_with_its_name(scene: FileScene) -> None:
    """In the format of Excel in Brazil."""
    message = await scene.message({"name": "Ligações.csv", "content": EXCEL.encode("cp1252")})

    found = await list_on(scene.attached, message, EN, person="U1", max_ids=10)

    assert found.ids is not None
    assert ("Ligações.csv", "") == (found.name, found.line)
    assert ["MPG000236180474", "MPG000236180475"] == [one.value for one in found.ids.ids]


async def test_a_file_that_cannot_be_had_is_a_line(scene: FileScene) -> None:
    """No error is raised; the line names the missing scope."""
    scene.slack.workspace.scopes.discard("files:read")
    message = await scene.message("list.csv")

    found = await list_on(scene.attached, message, EN, person="U1", max_ids=10)

    assert FoundList(line=found.line) == found
    assert say("file.no_permission", scope="files:read") == found.line


async def test_a_file_that_is_no_list_is_a_line_with_its_name(scene: FileScene) -> None:
    """With the parser's error and the name of the file."""
    ids = "\r\n".join(f"MPG{n:012}" for n in range(11)).encode()
    message = await scene.message({"name": "list.csv", "content": ids})

    found = await list_on(scene.attached, message, EN, person="U1", max_ids=10)

    reason = say("list.problem.too_many_ids", count=11, limit=10)
    assert found.ids is None
    assert say("file.unread", file="`list.csv`", reason=reason) == found.line


async def test_of_a_person_one_file_is_read_at_a_time(scene: FileScene) -> None:
    """A second one is not downloaded until the first is done; other users do not wait."""
    message = await scene.message({"name": "list.csv", "content": EXCEL.encode("cp1252")})

    with scene.attached.turn_of("U1"):
        second = await list_on(scene.attached, message, EN, person="U1", max_ids=10)
        calls = list(scene.slack.calls)
        other = await list_on(scene.attached, message, EN, person="U2", max_ids=10)
    after = await list_on(scene.attached, message, EN, person="U1", max_ids=10)

    assert FoundList(line=say("file.still_reading")) == second
    assert [] == calls
    assert other.ids is not None
    assert other == after


async def test_a_message_that_may_hold_a_list_is_known_without_asking(scene: FileScene) -> None:
    """So all other messages are answered as quickly as before."""
    assert may_hold_list(await scene.message("photo.png", "list.csv"))
    assert not may_hold_list(await scene.message("photo.png"))
    assert not may_hold_list(await scene.message())
    assert [] == scene.slack.calls


def test_every_problem_has_a_line() -> None:
    """In each language, with or without a name, and with no placeholder left."""
    many = tuple(f"{number}.csv" for number in range(10))
    lines = [
        unread_line(UnreadableFileError(problem, names), catalog)
        for problem in FileProblem
        for catalog in (EN, PT)
        for names in ((), ("",), ("a.csv",), many)
    ]

    assert [] == [line for line in lines if not line.endswith(".") or {"{", "}"} & set(line)]


@pytest.mark.parametrize("catalog", [EN, PT], ids=["en", "pt-BR"])
def test_a_name_is_somebodys_words(catalog: Catalog) -> None:
    """It mentions no one, has no links and cannot end its code span."""
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
    """And an ellipsis."""
    names = [f"{number}.csv" for number in range(10)]

    line = unread_line(UnreadableFileError(FileProblem.SEVERAL, names), EN)

    assert "`4.csv`, …" in line
    assert "5.csv" not in line
