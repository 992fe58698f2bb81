"""The text that Slack itself puts into a file object."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.input.found_ids import find_ids
from bot.slack.files.shown_text import shown_text

ONE, TWO = "MPG000999000111", "MPG000999000222"
EMAIL: dict[str, Any] = {"id": "F1", "mode": "email", "filetype": "email"}
SNIPPET: dict[str, Any] = {"id": "F1", "mode": "snippet", "filetype": "text"}


def ids(given: dict[str, Any]) -> list[str]:
    """The ids in what is shown."""
    return [one.value for one in find_ids([shown_text(given).text]).ids]


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"subject": f"Re: {ONE}", "plain_text": f"IDMSG: {TWO}\n"}, [ONE, TWO]),
        ({"plain_text": "Hello", "preview_plain_text": f"and {ONE}"}, [ONE]),
        ({"preview": f"<div>{ONE}</div><td>{TWO}</td>"}, [ONE, TWO]),
        ({"preview": f"<p>a &amp; b {ONE[:9]}<wbr>{ONE[9:]} &lt;{TWO}&gt;</p>"}, [ONE, TWO]),
        ({"attachments": [{"filename": f"{ONE}.wav"}, 7, {"filename": 7}]}, [ONE]),
        ({"simplified_html": f"<b>{ONE}</b>"}, [ONE]),
        ({"transcription": {"preview": {"content": f"IDMSG {ONE}"}}}, [ONE]),
        ({"subject": 7, "plain_text": None, "preview": ["x"], "attachments": "x"}, []),
    ],
    ids=[
        "subject and body",
        "preview",
        "HTML",
        "HTML with a break",
        "attached files",
        "page",
        "speech",
        "junk",
    ],
)
def test_an_email_shows_its_subject_and_its_body(fields: dict[str, Any], found: list[str]) -> None:
    """In whichever field Slack has put it."""
    assert found == ids(EMAIL | fields)


@pytest.mark.parametrize("name", ["plain_text", "preview_plain_text", "preview", "subject"])
@pytest.mark.parametrize(
    "broken", ["MPG0009990=\n00222", "MPG0009990=\r\n00222", "MPG000999= \n000222"]
)
def test_a_soft_line_break_does_not_cut_an_id(name: str, broken: str) -> None:
    """E-mail breaks long lines with an equals sign, and writes one as `=3D`."""
    assert [TWO] == ids(EMAIL | {name: f"N=C3=A3o recebi {broken}"})
    assert [TWO] == ids(EMAIL | {name: f"IDMSG=3D{broken} obrigado"})


def test_an_equals_sign_is_not_always_a_code() -> None:
    """`IDMSG=23…` is an id, and a line that ends in `IDMSG=` is no broken word."""
    assert ["236180474"] == ids(EMAIL | {"plain_text": "IDMSG=236180474"})
    assert [TWO] == ids(EMAIL | {"plain_text": f"IDMSG=\n{TWO}"})


@pytest.mark.parametrize(
    "flag", [{"has_more": True}, {"preview_is_truncated": True}, {"lines_more": 3}]
)
@pytest.mark.parametrize("kind", [EMAIL, SNIPPET])
def test_a_word_that_slack_has_cut_is_left_out(kind: dict[str, Any], flag: dict[str, Any]) -> None:
    """A part of an id would be another call's."""
    fields = {"preview": f"{ONE}\n{TWO[:11]}"}

    assert ([ONE], False) == (ids(kind | fields | flag), shown_text(kind | fields | flag).whole)
    assert [ONE, TWO] == ids(kind | {"preview": f"{ONE}\n{TWO}\nMPG"} | flag)


def test_a_preview_that_only_begins_the_body_adds_nothing() -> None:
    """Its end may be inside a word, although nothing says so."""
    fields = {"plain_text": f"{ONE} {TWO}", "preview_plain_text": f"{ONE} {TWO[:11]}"}

    assert [ONE, TWO] == ids(EMAIL | fields)


@pytest.mark.parametrize(
    ("given", "whole"),
    [
        (SNIPPET | {"preview": ONE}, True),
        (SNIPPET | {"preview": ONE, "preview_is_truncated": False, "lines_more": 0}, True),
        (SNIPPET | {"preview": ""}, False),
        (SNIPPET, False),
        (SNIPPET | {"mode": "hosted", "preview": ONE}, False),
        (EMAIL | {"preview": ONE}, False),
    ],
)
def test_only_a_snippet_is_shown_as_a_whole(given: dict[str, Any], *, whole: bool) -> None:
    """If nothing says that there is more of it."""
    assert whole is shown_text(given).whole


def test_code_in_a_snippet_keeps_its_tags() -> None:
    """An id may be in one."""
    assert [ONE] == ids(SNIPPET | {"preview": f'<call id="{ONE}"/>'})


@given(
    given=some.dictionaries(
        some.sampled_from(["mode", "subject", "plain_text", "preview", "has_more", "attachments"]),
        some.none() | some.integers() | some.text(max_size=30) | some.lists(some.text(max_size=3)),
    )
)
def test_no_shape_breaks_the_reading(given: dict[str, Any]) -> None:
    """Anyone can make such a message."""
    assert isinstance(shown_text(given).text, str)
