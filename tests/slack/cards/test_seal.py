"""The signature of what modals and buttons carry: whose is recognised, and when."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.services.records import Surface
from bot.slack.blocks.block_kit import Message, actions, button, section
from bot.slack.blocks.seal import Seal, without_carried
from bot.slack.cards.controls import Origin, asking, carrying, origin_of
from tests.support.wording import EN

SEAL = Seal(b"the key of this installation")
ORIGIN = Origin(surface=Surface.COMMAND, channel="C1", thread_ts="1700000000.000001", begins=True)
VIEW = asking(EN, ORIGIN)
OFFER = carrying(ORIGIN, file="F1", checked="abc")


def with_view(metadata: object) -> dict[str, Any]:
    """The submission of a form that carries this."""
    return {"type": "view_submission", "view": {"type": "modal", "private_metadata": metadata}}


def with_button(value: object) -> dict[str, Any]:
    """A click on a button with this value."""
    return {"type": "block_actions", "actions": [{"action_id": "x", "value": value}]}


def signed(seal: Seal = SEAL) -> str:
    """What the form carries as it comes back from Slack."""
    return str(seal.on_view(VIEW)["private_metadata"])


def signed_offer(seal: Seal = SEAL) -> str:
    """What the button carries as it comes back from Slack."""
    row = actions("row", [button("x", "Go", value=OFFER), button("y", "No")])
    message = seal.on_message(Message(text="t", blocks=(section("t"), row)))
    return str(message.blocks[1]["elements"][0]["value"])


@pytest.mark.parametrize("made", [with_view, with_button], ids=["form", "button"])
def test_what_was_signed_is_recognised_by_whoever_has_the_key(made: Any) -> None:
    """By another process as well; signing it again changes nothing."""
    text = signed() if made is with_view else signed_offer()

    assert Seal(b"the key of this installation").is_on(made(text))
    assert not Seal(b"another key").is_on(made(text))
    assert not Seal().is_on(made(text))
    assert text == SEAL.on_view({"private_metadata": text})["private_metadata"]


@pytest.mark.parametrize("made", [with_view, with_button], ids=["form", "button"])
@given(change=st.dictionaries(st.text(), st.text() | st.none() | st.booleans(), min_size=1))
def test_whatever_is_changed_breaks_it(made: Any, change: dict[str, Any]) -> None:
    """A field added, replaced or taken away, the signature too."""
    text = json.loads(signed() if made is with_view else signed_offer())

    changed = text | change
    assert (changed == text) is SEAL.is_on(made(json.dumps(changed)))
    for name in text:
        less = {key: value for key, value in text.items() if key != name}
        assert not SEAL.is_on(made(json.dumps(less)))


@pytest.mark.parametrize(
    "metadata",
    [
        *("{}", "[]", "7", "x", "{", "[" * 3_000, '{"seal": ""}', '{"seal": "\\ud800é"}'),
        *('{"seal": 7}', '{"seal": ["x"]}', VIEW["private_metadata"], 7, ["x"], {"a": 1}),
    ],
    ids=ascii,
)
def test_what_nobody_signed_is_not_recognised(metadata: object) -> None:
    """Of any shape; forms from before there was a signature, too."""
    assert not SEAL.is_on(with_view(metadata))


@pytest.mark.parametrize(
    "body",
    [
        *({}, with_view(""), with_view(None), {"view": {"type": "home"}}, {"view": None}),
        *(with_button('["A1"]'), with_button("0123456789abcdef"), with_button(None)),
        *(with_button(""), {"actions": []}, {"actions": None}),
    ],
    ids=ascii,
)
def test_what_carries_nothing_needs_no_signature(body: dict[str, Any]) -> None:
    """Ids and names of jobs are checked by whoever reads them."""
    assert SEAL.is_on(body)


def test_a_payload_carries_only_what_all_of_it_allows() -> None:
    """A form with a foreign button in it is foreign."""
    both = with_view(signed()) | with_button(OFFER)

    assert not SEAL.is_on(both)
    assert SEAL.is_on(both | with_button(signed_offer()))


def test_without_what_it_carries_a_payload_leads_nowhere() -> None:
    """And is otherwise the same."""
    form = without_carried(with_view(VIEW["private_metadata"]) | with_button(OFFER))

    assert Origin() == origin_of(form["view"])
    assert [{"action_id": "x", "value": ""}] == form["actions"]
    assert "view_submission" == without_carried(with_view("{}"))["type"]
    assert {"event": {}} == without_carried({"event": {}})


def test_only_what_carries_something_is_signed() -> None:
    """Views without it and other buttons stay as they are."""
    plain = Message(text="t", blocks=(actions("row", [button("x", "Go", value='["A1"]')]),))

    assert plain == SEAL.on_message(plain)
    assert {"type": "home"} == SEAL.on_view({"type": "home"})
    assert replace(ORIGIN) == origin_of(SEAL.on_view(VIEW))
