"""The traffic that the loopback Slack records for each action."""

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
    """A running demo; each test starts a new action."""
    async with running_stage(Language.ENGLISH, timing=UNHURRIED) as stage:
        yield stage


def an_exchange(**changes: object) -> Exchange:
    """An empty exchange."""
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


async def test_all_exchanges_of_an_action_are_recorded(demo: Stage) -> None:
    """Signed request, SOAP call and answer, in the order of sending."""
    demo.slack.wire.begin()
    await demo.say("SANDBOX-BUSY")
    await demo.slack.wait_for(lambda: len(demo.slack.wire.exchanges) >= 3)
    exchanges = demo.slack.wire.exchanges

    assert [Link.TO_BOT, Link.TO_GATEWAY, Link.RESPONSE_URL] == [one.link for one in exchanges]
    signed, soap, answer = exchanges
    assert signed.request_headers["X-Slack-Signature"].startswith("v0=")
    assert "text=SANDBOX-BUSY" in signed.request
    assert "<IDMSG>SANDBOX-BUSY</IDMSG>" in soap.request
    assert "failed:486" in soap.answer
    assert BUSY == next(texts(json.loads(answer.request)["blocks"]))
    assert [200, 200, 200] == [one.status for one in exchanges]
    assert sorted(one.at for one in exchanges) == [one.at for one in exchanges]
    assert all(0 < one.seconds < 60 for one in exchanges)


async def test_a_web_api_call_is_recorded_with_a_masked_token(demo: Stage) -> None:
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


def test_a_new_action_clears_the_record() -> None:
    """The exchanges of the last action are dropped."""
    wire = Wire(lambda: None)
    wire.begin()
    wire.record(an_exchange())
    wire.begin()

    assert (2, ()) == (wire.action, wire.exchanges)


def test_secrets_are_masked_everywhere() -> None:
    """In bodies and headers; so is the key of a response_url."""
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

        stored = repr(wire.exchanges)
        assert secret not in stored
        assert "LoopbackResponseUrl" not in stored
        assert 8 == stored.count(MASK)


def test_the_record_is_bounded() -> None:
    """Both the number and the length of exchanges are bounded."""
    wire = Wire(lambda: None)
    wire.begin()
    for _ in range(MOST_EXCHANGES + 5):
        wire.record(an_exchange())

    assert MOST_EXCHANGES == len(wire.exchanges)
    assert MOST_CHARACTERS + 1 == len(shown("x" * (MOST_CHARACTERS + 9)))


def test_nothing_is_recorded_before_the_first_action() -> None:
    """Afterwards every exchange has a revision, so that a waiting reader misses none."""
    ledger = Ledger(lambda: 0.0)
    wire = Wire(ledger.notify)
    wire.record(an_exchange())
    assert ((), 0) == (wire.exchanges, ledger.revision)
    wire.begin()
    wire.record(an_exchange())

    assert (1, 1) == (len(wire.exchanges), ledger.revision)
