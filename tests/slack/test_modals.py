"""The modals as plain data: inside Slack's limits, and read back whatever comes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.demo.loopback.block_rules import Surface as Kind
from bot.demo.loopback.view_rules import problems_of_view
from bot.domain.catalog import Language
from bot.domain.message_id import MessageId
from bot.locales import load_catalog
from bot.services.records import Surface
from bot.slack.block_kit import Message, section
from bot.slack.buttons import Row, buttons
from bot.slack.modals import Origin, answer, asking, origin_of, typed_ids

ORIGIN = Origin(
    surface=Surface.MESSAGE_SHORTCUT, channel="C1", thread_ts="1700000000.000001", begins=True
)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("found", [(), ("A1",), ("X" * 40,) * 200], ids=["none", "one", "many"])
@pytest.mark.parametrize("remark", ["", "some remark"])
def test_the_modal_that_asks_is_inside_slacks_limits(
    language: Language, found: tuple[str, ...], remark: str
) -> None:
    """In both languages, however much was found."""
    view = asking(load_catalog(language), ORIGIN, found=found, remark=remark)

    assert [] == problems_of_view(view, Kind.MODAL)


@pytest.mark.parametrize("language", list(Language))
def test_an_answer_in_a_modal_keeps_what_can_be_pressed_there(language: Language) -> None:
    """The one button of its row: the others would have no message to act on."""
    catalog = load_catalog(language)
    row = buttons([MessageId("A1")], Row.MODAL, catalog, watching=True)
    assert row is not None

    view = answer(catalog, Message(text="t", blocks=(section("t"), row)))

    assert ["card_watch"] == [one["action_id"] for one in row["elements"]]
    assert [section("t"), row] == view["blocks"]
    assert [] == problems_of_view(view, Kind.MODAL)


@pytest.mark.parametrize("origin", [ORIGIN, Origin(), Origin(surface=Surface.HOME)])
def test_where_a_modal_came_from_is_read_back(origin: Origin) -> None:
    """It travels in the view."""
    assert origin == origin_of(asking(load_catalog(Language.ENGLISH), origin))


@pytest.mark.parametrize(
    "metadata",
    [None, "", "{", "[]", "7", '"text"', json.dumps({"surface": "cellar"}), "[" * 3_000],
    ids=["missing", "empty", "broken", "list", "number", "text", "unknown surface", "deep"],
)
def test_an_origin_that_cannot_be_read_is_nowhere(metadata: str | None) -> None:
    """The answer then goes into the modal."""
    assert Origin() == origin_of({"private_metadata": metadata})


@pytest.mark.parametrize(
    ("state", "typed"),
    [
        ({"values": {"ids": {"ids_text": {"value": "A1 B2"}}}}, "A1 B2"),
        ({"values": {"ids": {"ids_text": {"value": None}}}}, ""),
        ({"values": {"ids": {"ids_text": []}}}, ""),
        ({"values": {"ids": None}}, ""),
        ({"values": []}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_what_was_typed_is_read_or_nothing(state: Any, typed: str) -> None:
    """Odd payloads give an empty text, which the modal asks to fill in."""
    assert typed == typed_ids({"state": state})
