"""Text for a terminal: nothing in it is obeyed, and nothing of it is lost."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.texts.printable import json_line, printable

# Escape sequences of 7 and 8 bits, delete, marks of direction, separators, a space that is none,
# a tag beyond the first plane, a part of a character.
OBEYED = (
    "\x1b[2J \x07 \x7f \x85 \x9b2J \x9d0;x\x9c "
    "\u202e \u2066 \u200b \u2028 \u2029 \xa0 \U000e0041 \ud800"
)
ANYTHING = st.text(st.characters() | st.sampled_from(OBEYED), max_size=40)


@given(ANYTHING)
def test_a_record_is_one_printable_line_that_reads_the_same(text: str) -> None:
    """As a name, a value and inside a list."""
    record = {text: text, "list": [{"x": text}], "none": None}

    line = json_line(record)

    assert line.isprintable()
    assert [line] == line.splitlines()
    assert record == json.loads(line)


@pytest.mark.parametrize("character", OBEYED.replace("[2J", "").split(" "), ids=ascii)
def test_what_a_terminal_obeys_is_escaped(character: str) -> None:
    """In records; in other text a sign stands for it."""
    assert json_line({"a": character}).isascii()
    assert len(character) == len(printable(character))
    assert printable(character).isprintable()


def test_letters_stay_as_they_are() -> None:
    """And line feeds, in a text."""
    assert '{"a": "não 😀"}' == json_line({"a": "não 😀"})
    assert "não 😀" == printable("não 😀")
    assert "não 😀" == printable("não 😀")
    assert "não\n😀\ufffd" == printable("não\n😀\x1b")
