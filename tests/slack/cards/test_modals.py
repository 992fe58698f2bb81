"""The modals as plain data: the errors they show, and reading them back from any payload."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.domain.input.query import parse_ids
from bot.services.records import Surface
from bot.slack.blocks.style import CardStyle, Contacts
from bot.slack.cards.controls import Origin, asking, origin_of, typed_ids
from bot.slack.cards.notes import Notes
from bot.slack.lookups.sharing import ids_in, in_chosen_place
from tests.support.wording import EN, say

WHERE = say("problem.where_to_find").replace("`", "")
ORIGIN = Origin(
    surface=Surface.MESSAGE_SHORTCUT, channel="C1", thread_ts="1700000000.000001", begins=True
)


@pytest.mark.parametrize(
    "metadata", [None, "", "{}", '{"ids": 7}', '{"ids": "[1]"}'], ids=["none", "empty", *"abc"]
)
def test_a_form_that_carries_no_call_shares_none(metadata: str | None) -> None:
    """Malformed payloads raise no error, and name no conversation."""
    body = {"view": {"private_metadata": metadata}, "response_urls": [7]}

    assert () == ids_in(body)
    assert body == in_chosen_place(body)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("A1 B2", ""),
        ("", say("modal.empty")),
        ("help", say("modal.empty")),
        ("A1 +55 (11) 98765-4321", f"+55 (11) 98765-4321: {say('problem.phone')} {WHERE}"),
        ("MPG000236180474\t11987654321\nMPG000236180475\t11987654322", ""),
        ("1" * 41, f"{'1' * 40}: {say('problem.too_long')} {WHERE}"),
        ("a1\x07b 000:", f"a1\ufffdb: {say('problem.unprintable')} {WHERE}"),
        ("banana", say("modal.empty")),
        ("have MPG000236180474 please", ""),
        ("MPG000236180474 4711", ""),
        (" ".join(f"A{number}" for number in range(11)), ""),
    ],
    ids=ascii,
)
def test_what_was_typed_wrongly_is_named_under_the_field(typed: str, problem: str) -> None:
    """All bad words, the reason for the first, and where the IDMSG is."""
    style = CardStyle(catalog=EN, contacts=Contacts(), zone=ZoneInfo("UTC"))

    assert problem == Notes(style, "/voicestatus").modal_problem(parse_ids(typed))


@pytest.mark.parametrize("origin", [ORIGIN, Origin(), Origin(surface=Surface.HOME)])
def test_where_a_modal_came_from_is_read_back(origin: Origin) -> None:
    """It is in `private_metadata`."""
    assert origin == origin_of(asking(EN, origin))


@pytest.mark.parametrize(
    "metadata",
    [None, "", "{", "[]", "7", '"text"', json.dumps({"surface": "cellar"}), "[" * 3_000],
    ids=["missing", "empty", "broken", "list", "number", "text", "unknown surface", "deep"],
)
def test_an_origin_that_cannot_be_read_is_nowhere(metadata: str | None) -> None:
    """The answer is then shown in the modal."""
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
    """Malformed payloads give an empty text, and the modal asks to fill in the field."""
    assert typed == typed_ids({"state": state})
