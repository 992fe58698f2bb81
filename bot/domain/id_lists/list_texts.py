"""What a person is told about a list that cannot be read, and about lines that hold no IDMSG."""

from __future__ import annotations

from typing import Final

from bot.domain.id_lists.id_list import ListProblem, UnreadableListError
from bot.domain.id_lists.list_words import LineProblem
from bot.domain.texts.catalog import Catalog, Language

_MEGABYTE: Final = 1_000_000


def say_problem(error: UnreadableListError, catalog: Catalog) -> str:
    """What is wrong with the list and what to do instead, in a sentence or two; mrkdwn."""
    in_bytes = error.problem is ListProblem.TOO_LARGE
    limit = error.limit // _MEGABYTE if in_bytes else error.limit
    return catalog.say(
        f"list.problem.{error.problem.value}",
        count=grouped(error.count, catalog.language),
        limit=grouped(limit, catalog.language),
    )


def say_reason(problem: LineProblem, catalog: Catalog) -> str:
    """Why a line or a word is ignored: a short sentence that begins with a small letter."""
    return catalog.say(f"list.ignored.{problem.value}")


def grouped(number: int, language: Language) -> str:
    """A whole number as people write it: 10,000 in English, 10.000 in Portuguese."""
    english = f"{number:,}"
    return english.replace(",", ".") if language is Language.PORTUGUESE else english
