"""What people type who do not know the command, and what kind of answer each gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.input.commands import Command
from bot.domain.input.query import DidYouMean, LookUp, Nothing, Query, Run, TooMany, parse_query
from bot.domain.texts.catalog import Catalog
from bot.domain.texts.intents import INTENTS, understood
from tests.support.wording import EN, PT

SAMPLES = Path(__file__).parents[2] / "samples"
CATALOGS = pytest.mark.parametrize("catalog", [EN, PT], ids=["en", "pt-BR"])
# As an answer is called in the samples where nothing but a call is asked for.
NO_INTENT = "which"


def understood_in(text: str) -> Query:
    """The query, by the words of both languages if it needs them."""
    query = parse_query(text)
    return understood(query, (EN, PT)) if isinstance(query, Nothing | DidYouMean) else query


def kind_of(query: Query) -> str:
    """The kind of answer, as the samples write it."""
    match query:
        case Run():
            return f"{query.command} {query.argument}".strip()
        case LookUp():
            bad = [f"not {one}" for one in dict.fromkeys(bad.problem for bad in query.bad_words)]
            marks = [name for name in ("watch", "share") if getattr(query, name)]
            return " ".join(["check" * bool(query.ids), *map(str, query.ids), *marks, *bad]).strip()
        case DidYouMean():
            return f"typo {query.suggestion}"
        case TooMany():
            return "list"
        case Nothing():
            return query.intent or NO_INTENT


@CATALOGS
def test_what_people_type_gets_a_kind_and_useful_first_answer(catalog: Catalog) -> None:
    """More than a hundred lines of people; the left column is the kind of answer."""
    lines = (SAMPLES / f"sentences-{catalog.language}.txt").read_text(encoding="utf-8")
    expected = [line.split(" | ", 1)[::-1] for line in lines.splitlines()]

    assert len(expected) > 100
    assert [] == [
        (text, kind.strip(), kind_of(understood_in(text)))
        for text, kind in expected
        if kind.strip() != kind_of(understood_in(text))
    ]


@CATALOGS
def test_every_word_of_an_intent_says_it(catalog: Catalog) -> None:
    """Alone, whatever its case; commands of the same name are run."""
    odd = [
        (name, phrase, query)
        for name in INTENTS
        for phrase in catalog.say(f"intent.{name}").split(", ")
        for query in [understood_in(phrase.upper())]
        if name not in {kind_of(query).split()[0], getattr(query, "intent", "")}
    ]

    assert [] == odd


def test_an_intent_that_is_a_command_is_run() -> None:
    """But for the words that need an id beside them."""
    runs = {query.command for one in INTENTS if isinstance(query := understood_in(one), Run)}

    assert {*Command} - {Command.EXPLAIN, Command.WATCH, Command.SHARE} == runs


def test_longer_words_decide_and_then_the_order() -> None:
    """Thanks for help are thanks; a question with thanks is a question."""
    texts = (
        "thanks for your help",
        "please help, thanks",
        "hello, my phone",
        "obrigado, oi",
        "xyz",
    )

    assert ["thanks", "help", "phone", "thanks", NO_INTENT] == [
        kind_of(understood_in(text)) for text in texts
    ]


def test_more_than_a_farewell_is_none() -> None:
    """The rest counts; a code that is named by its own words is still explained."""
    texts = ("ok", "ok, but nobody called", "ok 486", "486 busy", "486 banana", "486 banana code")

    assert ["fine", NO_INTENT, "explain 486", "explain 486", NO_INTENT, NO_INTENT] == [
        kind_of(understood_in(text)) for text in texts
    ]
