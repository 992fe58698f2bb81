"""Gallery exhibits of id lists in files: being read, unreadable, not a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from bot.demo.studio import Make, Shown, Studio
from bot.domain.id_lists.id_list import (
    MAX_BYTES,
    MAX_LINES,
    MAX_PASTED,
    ListProblem,
    UnreadableListError,
)
from bot.domain.jobs.bulk import LARGEST
from bot.slack.blocks.block_kit import note
from bot.slack.bulk.notes import unread_line
from bot.slack.files.file_objects import FileProblem, UnreadableFileError

_FILE: Final = "clientes-março.xlsx"
_FILES: Final[Mapping[FileProblem, tuple[str, ...]]] = {
    FileProblem.NONE: (),
    FileProblem.SEVERAL: (_FILE, "", "fevereiro.csv"),
}
# The size found and the limit.
_AMOUNTS: Final[Mapping[ListProblem, tuple[int, int]]] = {
    ListProblem.TOO_LARGE: (7_300_000, MAX_BYTES),
    ListProblem.TOO_LONG: (12_400, MAX_PASTED),
    ListProblem.TOO_MANY_LINES: (120_000, MAX_LINES),
    ListProblem.TOO_MANY_IDS: (12_000, LARGEST),
}


def file_exhibits() -> Mapping[str, Make]:
    """The exhibits by their ids."""
    return {
        "file-reading": _note("reading_title", "reading"),
        "file-changed": _note("no_list_title", "changed"),
        **dict(_problems()),
    }


def _problems() -> Iterator[tuple[str, Make]]:
    for problem in FileProblem:
        names = _FILES.get(problem, (_FILE,))
        yield f"file-{problem.value}", _unread(UnreadableFileError(problem, names))
    for kind in ListProblem:
        count, limit = _AMOUNTS.get(kind, (0, 0))
        error = UnreadableListError(kind, count=count, limit=limit)
        yield f"file-list-{kind.value}", _unread(UnreadableFileError(error, [_FILE]))


def _note(title: str, text: str) -> Make:
    def make(studio: Studio) -> Shown:
        say = studio.catalog.say
        return studio.answering(note(say(f"bulk.modal.{title}"), say(f"bulk.modal.{text}")))

    return make


def _unread(error: UnreadableFileError) -> Make:
    def make(studio: Studio) -> Shown:
        line = unread_line(error, studio.catalog)
        return studio.answering(note(studio.catalog.say("bulk.modal.no_list_title"), line))

    return make
