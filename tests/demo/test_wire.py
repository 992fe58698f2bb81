"""What the loopback Slack overhears of each action."""

from __future__ import annotations

import pytest

from bot.demo.loopback.ledger import Ledger
from bot.demo.loopback.wire import (
    MASK,
    MOST_CHARACTERS,
    MOST_EXCHANGES,
    Exchange,
    Link,
    Wire,
    shown,
)
from bot.demo.loopback.workspace import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, VERIFICATION_TOKEN
from bot.demo.stage import Stage, running_stage
from bot.domain.catalog import Language


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


async def ask(stage: Stage, text: str) -> tuple[Exchange, ...]:
    """Type a command, wait for its last answer, and give what was overheard."""
    _, answers = await stage.say(text)
    async for _ in answers:
        pass
    await stage.slack.wait_for(lambda: len(stage.slack.wire.exchanges) >= 3)
    return stage.slack.wire.exchanges


async def test_nothing_is_kept_before_somebody_listens() -> None:
    """The tests and the terminal's demo pay nothing for it."""
    async with running_stage(Language.ENGLISH) as stage:
        _, answers = await stage.say("SANDBOX-OK")
        async for _ in answers:
            pass

        assert () == stage.slack.wire.exchanges


async def test_an_action_is_heard_on_all_its_ways() -> None:
    """The signed request, the SOAP call, the answer; in the order in which they were sent."""
    async with running_stage(Language.ENGLISH) as stage:
        stage.slack.wire.begin()
        heard = await ask(stage, "SANDBOX-BUSY")

    assert [Link.TO_BOT, Link.TO_GATEWAY, Link.RESPONSE_URL] == [one.link for one in heard]
    signed, soap, answer = heard
    assert signed.request_headers["X-Slack-Signature"].startswith("v0=")
    assert "text=SANDBOX-BUSY" in signed.request
    assert "<IDMSG>SANDBOX-BUSY</IDMSG>" in soap.request
    assert "failed:486" in soap.answer
    assert "the line was busy" in answer.request
    assert [200, 200, 200] == [one.status for one in heard]
    assert sorted(one.at for one in heard) == [one.at for one in heard]
    assert all(0 < one.seconds < 60 for one in heard)


async def test_a_web_api_call_is_heard_with_its_masked_token() -> None:
    """A mention is answered by chat.postMessage."""
    async with running_stage(Language.ENGLISH) as stage:
        stage.slack.wire.begin()
        async for _ in await stage.mention("SANDBOX-OK"):
            pass
        await stage.slack.wait_for(
            lambda: any(one.link is Link.WEB_API for one in stage.slack.wire.exchanges)
        )
        (call,) = [one for one in stage.slack.wire.exchanges if one.link is Link.WEB_API]

    assert "chat.postMessage" == call.name
    assert f"Bearer {MASK}" == call.request_headers["Authorization"]
    assert '"ok": true' in call.answer


async def test_a_new_action_begins_anew() -> None:
    """What was overheard of the one before goes."""
    async with running_stage(Language.ENGLISH) as stage:
        stage.slack.wire.begin()
        await ask(stage, "SANDBOX-BUSY")
        stage.slack.wire.begin()

        assert 2 == stage.slack.wire.action
        assert () == stage.slack.wire.exchanges


@pytest.mark.parametrize("secret", [BOT_TOKEN, APP_TOKEN, SIGNING_SECRET, VERIFICATION_TOKEN])
def test_secrets_are_masked_wherever_they_stand(secret: str) -> None:
    """In bodies and in headers; the key of a response_url too."""
    wire = Wire(lambda: None)
    wire.begin()
    url = "http://127.0.0.1:1/commands/T1/000000000012/LoopbackResponseUrl00012"
    text = f"token={secret}&response_url={url}"
    wire.record(an_exchange(request=text, answer=text, request_headers={"a": text}))

    kept = repr(wire.exchanges)
    assert secret not in kept
    assert "LoopbackResponseUrl" not in kept
    assert 6 == kept.count(MASK)


def test_what_is_kept_is_bounded() -> None:
    """In length and in number."""
    wire = Wire(lambda: None)
    wire.begin()
    for _ in range(MOST_EXCHANGES + 5):
        wire.record(an_exchange())

    assert MOST_EXCHANGES == len(wire.exchanges)
    assert MOST_CHARACTERS + 1 == len(shown("x" * (MOST_CHARACTERS + 9)))


def test_each_change_has_a_revision() -> None:
    """Those who look again at each change miss none."""
    ledger = Ledger(lambda: 0.0)
    wire = Wire(ledger.ring)
    wire.record(an_exchange())
    assert 0 == ledger.revision
    wire.begin()
    wire.record(an_exchange())

    assert 1 == ledger.revision
