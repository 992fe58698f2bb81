"""What the loopback Slack overhears of each action."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from bot.demo.stage import Stage, running_stage
from bot.domain.texts.catalog import Language
from bot.fake_slack.state.ledger import Ledger
from bot.fake_slack.state.workspace import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, VERIFICATION_TOKEN
from bot.fake_slack.wire import (
    MASK,
    MOST_CHARACTERS,
    MOST_EXCHANGES,
    Exchange,
    Link,
    Wire,
    shown,
)
from tests.support.reading import texts
from tests.support.scene import UNHURRIED
from tests.support.wording import BUSY


@pytest.fixture(scope="module")
async def demo() -> AsyncIterator[Stage]:
    """A running demo; each test begins an action of its own."""
    async with running_stage(Language.ENGLISH, timing=UNHURRIED) as stage:
        yield stage


def an_exchange(**changes: object) -> Exchange:
    """An exchange with nothing in it."""
    plain = {
        "link": Link.WEB_API,
        "name": "chat.postMessage",
        "seconds": 0.0,
        "status": 200,
        "request": "",
        "answer": "",
        "request_headers": {},
        "answer_headers": {},
    }
    return Exchange(**{**plain, **changes})  # type: ignore[arg-type]


async def test_an_action_is_heard_on_all_its_ways(demo: Stage) -> None:
    """The signed request, the SOAP call, the answer; in the order in which they were sent."""
    demo.slack.wire.begin()
    await demo.say("SANDBOX-BUSY")
    await demo.slack.wait_for(lambda: len(demo.slack.wire.exchanges) >= 3)
    heard = demo.slack.wire.exchanges

    assert [Link.TO_BOT, Link.TO_GATEWAY, Link.RESPONSE_URL] == [one.link for one in heard]
    signed, soap, answer = heard
    assert signed.request_headers["X-Slack-Signature"].startswith("v0=")
    assert "text=SANDBOX-BUSY" in signed.request
    assert "<IDMSG>SANDBOX-BUSY</IDMSG>" in soap.request
    assert "failed:486" in soap.answer
    assert BUSY == next(texts(json.loads(answer.request)["blocks"]))
    assert [200, 200, 200] == [one.status for one in heard]
    assert sorted(one.at for one in heard) == [one.at for one in heard]
    assert all(0 < one.seconds < 60 for one in heard)


async def test_a_web_api_call_is_heard_with_its_masked_token(demo: Stage) -> None:
    """A mention is answered by chat.postMessage."""
    demo.slack.wire.begin()
    await demo.mention("SANDBOX-OK")
    await demo.slack.wait_for(
        lambda: any(one.link is Link.WEB_API for one in demo.slack.wire.exchanges)
    )
    (call,) = [one for one in demo.slack.wire.exchanges if one.link is Link.WEB_API]

    assert "chat.postMessage" == call.name
    assert f"Bearer {MASK}" == call.request_headers["Authorization"]
    assert '"ok": true' in call.answer


def test_a_new_action_begins_anew() -> None:
    """What was overheard of the one before goes."""
    wire = Wire(lambda: None)
    wire.begin()
    wire.record(an_exchange())
    wire.begin()

    assert (2, ()) == (wire.action, wire.exchanges)


def test_secrets_are_masked_wherever_they_stand() -> None:
    """In bodies and in headers; the key of a response_url too."""
    url = "http://127.0.0.1:1/commands/T1/000000000012/LoopbackResponseUrl00012"
    for secret in (BOT_TOKEN, APP_TOKEN, SIGNING_SECRET, VERIFICATION_TOKEN):
        wire = Wire(lambda: None)
        wire.begin()
        text = f"token={secret}&response_url={url}"
        wire.record(
            an_exchange(
                request=text, answer=text, request_headers={"a": text}, answer_headers={"b": text}
            )
        )

        kept = repr(wire.exchanges)
        assert secret not in kept
        assert "LoopbackResponseUrl" not in kept
        assert 8 == kept.count(MASK)


def test_what_is_kept_is_bounded() -> None:
    """In length and in number."""
    wire = Wire(lambda: None)
    wire.begin()
    for _ in range(MOST_EXCHANGES + 5):
        wire.record(an_exchange())

    assert MOST_EXCHANGES == len(wire.exchanges)
    assert MOST_CHARACTERS + 1 == len(shown("x" * (MOST_CHARACTERS + 9)))


def test_nothing_is_kept_before_somebody_listens() -> None:
    """After that each change has a revision: those who look again at each miss none."""
    ledger = Ledger(lambda: 0.0)
    wire = Wire(ledger.ring)
    wire.record(an_exchange())
    assert ((), 0) == (wire.exchanges, ledger.revision)
    wire.begin()
    wire.record(an_exchange())

    assert (1, 1) == (len(wire.exchanges), ledger.revision)
