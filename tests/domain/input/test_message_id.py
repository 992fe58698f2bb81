"""Which words may be sent to the gateway as an IDMSG, and which are refused before any request."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.input.message_id import (
    IdProblem,
    InvalidMessageIdError,
    MessageId,
    parse_typed,
    unwrap,
)
from bot.domain.input.query import LookUp, parse_query

REAL = "MPG000236180474"


@pytest.mark.parametrize(
    "value",
    [
        REAL,
        "MPG000027109145-21611143",
        "x",
        "12345678910",
        "a" * 40,
        "mpgAbC",  # case is preserved
        "a&b<c>",  # 38: escaped on the wire, not here
        "ação-í",
        "a b",
        "😀",
    ],
)
def test_an_identifier_is_opaque(value: str) -> None:
    """1 to 40 visible characters are unchanged."""
    assert value == str(MessageId(value))


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", IdProblem.EMPTY),
        ("   ", IdProblem.EMPTY),
        ("\u00a0\t", IdProblem.EMPTY),
        ("a" * 41, IdProblem.TOO_LONG),
        ("a\x00b", IdProblem.UNPRINTABLE),
        ("a\nb", IdProblem.UNPRINTABLE),
        ("a\x7fb", IdProblem.UNPRINTABLE),
        ("a\u200bb", IdProblem.UNPRINTABLE),
        ("a\u202eb", IdProblem.UNPRINTABLE),
        ("a\u2028b", IdProblem.UNPRINTABLE),
        ("a\ud800b", IdProblem.UNPRINTABLE),
        ("a\uffffb", IdProblem.UNPRINTABLE),
    ],
    ids=ascii,
)
def test_what_cannot_be_an_identifier_is_refused(value: str, problem: IdProblem) -> None:
    """No empty, long, invisible or XML-incompatible text becomes a MessageId."""
    with pytest.raises(InvalidMessageIdError) as refused:
        MessageId(value)

    assert problem is refused.value.problem
    assert problem.value == str(refused.value)


@pytest.mark.parametrize(
    "word",
    [
        f"`{REAL}`",
        f"```{REAL}```",
        f'"{REAL}"',
        f"'{REAL}'",
        f"\u201c{REAL}\u201d",
        f"\u2018{REAL}\u2019",
        f"\u00ab{REAL}\u00bb",
        f"<{REAL}>",
        f"\ufeff{REAL}\u200b",
        f"`\u201c{REAL}\u201d`",
    ],
    ids=ascii,
)
def test_36_the_dress_of_a_text_is_taken_off(word: str) -> None:
    """Quotes, code marks, angle brackets and invisible characters around an IDMSG are left out."""
    assert REAL == unwrap(word)
    assert MessageId(REAL) == parse_typed(word)


def test_an_apostrophe_inside_is_kept() -> None:
    """Only quotes and labels around the word are removed."""
    assert "d'or" == unwrap("'d'or'")


@pytest.mark.parametrize(
    ("word", "value", "cut"),
    [
        (REAL, REAL, False),
        (f"000:{REAL}", REAL, True),
        (f"`000:{REAL}`", REAL, True),
        ("000:000:A1", "000:A1", True),
        (f"000{REAL}", f"000{REAL}", False),
        ("001:A1", "001:A1", False),
        ("000:" + "1" * 40, "1" * 40, True),
    ],
)
def test_35_the_prefix_of_the_send_result_is_cut(word: str, value: str, cut: bool) -> None:
    """`000:` is removed once and the removal is reported; the length counts after that."""
    query = parse_query(word)

    assert MessageId(value) == parse_typed(word)
    assert LookUp(ids=(MessageId(value),), prefix_cut=cut) == query


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("``", IdProblem.EMPTY),
        ("000:", IdProblem.EMPTY),
        ("a" * 41, IdProblem.TOO_LONG),
        ("a\x07b", IdProblem.UNPRINTABLE),
        ("+5511987654321", IdProblem.PHONE),
        ("`+5511987654321`", IdProblem.PHONE),
    ],
    ids=ascii,
)
def test_37_a_typed_word_is_refused_with_its_reason(word: str, problem: IdProblem) -> None:
    """The reason is one that the user can act on."""
    with pytest.raises(InvalidMessageIdError) as refused:
        parse_typed(word)

    assert problem is refused.value.problem


PHONES = [
    "+55 (11) 98765-4321",
    "+55 11 98765-4321",
    "+55 11 98765 4321",
    "+5511987654321",
    "+55(11)987654321",
    "55 (11) 98765-4321",
    "(11) 98765-4321",
    "(11) 9 8765-4321",
    "(11)98765-4321",
    "(11) 3456-7890",
    "(011) 98765-4321",
    "11 98765-4321",
    "55 11 98765-4321",
    "11-98765-4321",
    "98765-4321",
    "3456-7890",
    "+1 212 555 0100",
    "+55.11.98765.4321",
]


@pytest.mark.parametrize("phone", PHONES)
def test_a_dressed_phone_number_is_no_identifier(phone: str) -> None:
    """A plus sign, brackets or a hyphen before the last four digits give a phone number away."""
    with pytest.raises(InvalidMessageIdError) as refused:
        parse_typed(phone)

    assert IdProblem.PHONE is refused.value.problem


@pytest.mark.parametrize("phone", PHONES)
def test_a_person_may_insist(phone: str) -> None:
    """A word that resembles a phone number is an IDMSG if the user marks it as one."""
    assert MessageId(phone) == parse_typed(phone, forced=True)


@pytest.mark.parametrize(
    "word",
    ["5511987654321", "11987654321", "12345678910", "MPG000027109145-21611143", "1-2", "98765-432"],
)
def test_digits_without_the_dress_are_asked(word: str) -> None:
    """An IDMSG may be all digits, and may contain hyphens."""
    assert MessageId(word) == parse_typed(word)


@given(st.text(max_size=60))
def test_any_word_is_an_identifier_or_is_refused(word: str) -> None:
    """No word ends in another error, and no accepted one breaks the limits."""
    with suppress(InvalidMessageIdError):
        assert 1 <= len(parse_typed(word).value) <= 40
