"""The notes about a file: its list, or why it has none and what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from bot.domain.id_lists.id_list import ListProblem, UnreadableListError
from bot.domain.texts.catalog import Catalog
from bot.fake_slack.rules.message_rules import CALLING_MARKUP
from bot.slack.bulk.notes import unread_line
from bot.slack.files.file_objects import FileProblem, UnreadableFileError
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

    found = await scene.attached.read(message, user="U1", max_ids=10)

    assert "Ligações.csv" == found.name
    assert ["MPG000236180474", "MPG000236180475"] == [one.value for one in found.ids.ids]


async def line(scene: FileScene, message: Mapping[str, Any]) -> str:
    """Why the file of a message is not read."""
    with pytest.raises(UnreadableFileError) as unread:
        await scene.attached.read(message, user="U1", max_ids=10)
    return unread_line(unread.value, EN)


async def test_a_file_that_cannot_be_had_is_a_line(scene: FileScene) -> None:
    """The line names the missing scope."""
    scene.slack.workspace.scopes.discard("files:read")

    found = await line(scene, await scene.message("list.csv"))

    assert say("file.no_permission", scope="files:read") == found


async def test_a_file_that_is_no_list_is_a_line_with_its_name(scene: FileScene) -> None:
    """With the parser's error and the name of the file."""
    ids = "\r\n".join(f"MPG{n:012}" for n in range(11)).encode()

    found = await line(scene, await scene.message({"name": "list.csv", "content": ids}))

    reason = say("list.problem.too_many_ids", count=11, limit=10)
    assert say("file.unread", file="`list.csv`", reason=reason) == found


async def test_of_a_person_one_file_is_read_at_a_time(scene: FileScene) -> None:
    """A second one is not downloaded until the first is done; other users do not wait."""
    message = await scene.message({"name": "list.csv", "content": EXCEL.encode("cp1252")})

    with scene.attached._reading.turn_of("U1"):
        assert say("file.still_reading") == await line(scene, message)
        assert [] == scene.slack.calls
        other = await scene.attached.read(message, user="U2", max_ids=10)
    assert other == await scene.attached.read(message, user="U1", max_ids=10)


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

    for problem in (FileProblem.SEVERAL, UnreadableListError(ListProblem.NO_IDS)):
        line = unread_line(UnreadableFileError(problem, [name] * 2), catalog)
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
