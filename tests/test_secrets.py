"""Canaries: no secret, no id and no phone number reaches a log line, a card, a repr or an error."""

from __future__ import annotations

import gc
import io
import logging
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from captured import leaked
from scene import playing, seen, settings_for

from bot.bootstrap import running_bot
from bot.demo.slack_server import LoopbackSlack, running_slack
from bot.gateway.sandbox import running_sandbox
from bot.gateway.sandbox.fault_names import FaultName
from bot.settings import Mode
from bot.slack.refusals import SlackRefusedError, SlackUnreachableError

CREDENTIAL: Final = "CANARYcredential".ljust(40, "7")
TOKEN: Final = "CANt0k"
HASH_KEY: Final = "CANARY-hash-key-of-the-bot"
PROXY: Final = "http://CANARYuser:CANARYpass@127.0.0.1:9"
PHONE: Final = "5511987654321"
IDS: Final = ("MPG000236180474", PHONE)
GIVEN: Final[Mapping[str, Any]] = {
    "gateway_credential": CREDENTIAL,
    "gateway_token": TOKEN,
    "bot_hash_key": HASH_KEY,
}

AT_ONCE: Final = 15


def secrets_of(slack: LoopbackSlack) -> tuple[str, ...]:
    """Every secret that a bot beside this Slack knows."""
    tokens = (slack.bot_token, slack.app_token, slack.signing_secret)
    return (*tokens, CREDENTIAL, TOKEN, HASH_KEY, "/commands/")


def chain(error: BaseException | None) -> Iterator[str]:
    """Text and repr of an exception and of all below it, as a traceback would show them."""
    while error is not None:
        yield f"{error} {error!r}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


async def test_success_leaks_nothing(mode: Mode, log: io.StringIO) -> None:
    """Cards, texts and log lines of plain look-ups hold no secret, and the log no id."""
    async with playing(mode, **GIVEN) as bot:
        shown = ""
        for text in ("SANDBOX-OK", *IDS, "SANDBOX-OK share", "help", "whoami", "health", "x y z"):
            message = await bot.answer(text)
            shown += f"{message.text}\n{seen(message)}\n"
        secrets = secrets_of(bot.slack)

    assert [] == leaked(shown, secrets)
    assert [] == leaked(log.getvalue(), (*secrets, *IDS, "SANDBOX-"))
    assert "looked up" in log.getvalue()


async def test_no_fault_of_the_gateway_leaks_anything(
    mode: Mode, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every fault, with all loggers at DEBUG."""
    # All are to go over the wire, and none to be answered by the circuit alone.
    monkeypatch.setattr("bot.domain.gateway_health.FAILURES_TO_OPEN", 1_000)
    names = list(FaultName)

    async def looked_up(count: int) -> None:
        await bot.slack.wait_for(lambda: count <= log.getvalue().count('"looked up"'), 60)

    async with playing(
        mode, gateway_requests_per_second=100, gateway_timeout_seconds=5, **GIVEN
    ) as bot:
        # Not all at once: on a busy machine many would be too late to be sent.
        for count, name in enumerate(names, start=1):
            await bot.type(f"SANDBOX-FAULT-{name}")
            if count % AT_ONCE == 0:
                await looked_up(count)
        await looked_up(len(names))
        shown = "\n".join(f"{m.text} {seen(m)}" for m in bot.slack.messages)
        secrets = secrets_of(bot.slack)

    assert [] == leaked(shown, secrets)
    assert [] == leaked(log.getvalue(), (*secrets, "SANDBOX-"))
    assert len(names) <= len(bot.gateway_requests)


async def test_wrong_keys_are_told_without_being_shown(mode: Mode, log: io.StringIO) -> None:
    """001 and 019 name the setting, never its value."""
    wrong: dict[str, Any] = {"gateway_credential": "BAD".ljust(40, "8"), "gateway_token": "BADt0k"}
    async with playing(mode, **wrong) as bot:
        message = await bot.answer("SANDBOX-OK")

    shown = f"{message.text} {seen(message)}"
    assert "001" in shown
    assert [] == leaked(f"{shown} {log.getvalue()}", tuple(wrong.values()))


async def test_a_refused_response_url_is_not_logged(mode: Mode, log: io.StringIO) -> None:
    """The URL is a secret of its own: whoever has it can post."""
    async with playing(mode, **GIVEN) as bot:
        bot.slack.fail_next("response_url", status=500)
        bot.slack.fail_next("chat.postEphemeral", error="fatal_error")
        await bot.answer("SANDBOX-OK")
        secrets = secrets_of(bot.slack)

    assert "response_url refused" in log.getvalue()
    assert [] == leaked(log.getvalue(), secrets)


@pytest.mark.parametrize("language", ["en", "pt-BR"])
async def test_a_proxy_with_a_password_is_never_shown(language: str, log: io.StringIO) -> None:
    """A proxy that cannot be reached is an error without its address."""
    async with playing(Mode.HTTP, gateway_proxy=PROXY, bot_language=language) as bot:
        message = await bot.answer("SANDBOX-OK")

    assert "proxy" in seen(message)
    assert "CANARY" not in f"{message.text} {seen(message)} {log.getvalue()}"


@pytest.mark.parametrize(
    ("method", "failure"),
    [
        ("auth.test", {"error": "invalid_auth"}),
        ("auth.test", {"error": "internal_error", "status": 500}),
        ("apps.connections.open", {"error": "invalid_auth"}),
    ],
    ids=["bot token refused", "Slack is broken", "app token refused"],
)
async def test_an_error_at_the_start_leaks_nothing(
    method: str, failure: dict[str, Any], log: io.StringIO
) -> None:
    """Neither the exception with all that lies below it nor the log holds a secret."""
    async with running_slack() as slack, running_sandbox(port=0) as gateway:
        slack.fail_next(method, **failure)
        settings = settings_for(slack, gateway, Mode.SOCKET, **GIVEN)
        with pytest.raises((SlackRefusedError, SlackUnreachableError)) as caught:
            async with running_bot(settings):
                pass
        secrets = secrets_of(slack)

    assert [] == leaked(" ".join(chain(caught.value)), secrets)
    assert [] == leaked(log.getvalue(), secrets)


async def test_a_slack_out_of_reach_leaks_nothing(log: io.StringIO) -> None:
    """The same where nothing answers at SLACK_API_URL."""
    async with running_slack() as slack, running_sandbox(port=0) as gateway:
        nowhere = {"slack_api_url": "http://127.0.0.1:9/api/"}
        settings = settings_for(slack, gateway, Mode.SOCKET, **GIVEN, **nowhere)
        with pytest.raises(SlackUnreachableError) as caught:
            async with running_bot(settings):
                pass
        secrets = secrets_of(slack)

    assert [] == leaked(" ".join(chain(caught.value)), secrets)
    assert [] == leaked(log.getvalue(), secrets)


async def test_the_settings_show_no_secret() -> None:
    """repr, str and a dump for JSON hide every value."""
    more = {"gateway_proxy": PROXY, "database_url": "postgresql://bot:CANARYdb@127.0.0.1/voice"}
    async with running_slack() as slack:
        settings = settings_for(slack, "http://127.0.0.1:9/", Mode.HTTP, **GIVEN, **more)
        shown = f"{settings!r} {settings} {settings.model_dump_json()} {settings.model_dump()}"
        secrets = secrets_of(slack)

    assert [] == leaked(shown, (*secrets, "CANARY"))


async def test_no_object_of_ours_shows_a_secret(mode: Mode) -> None:
    """Whatever a debugger or a traceback prints while a look-up is under way."""
    async with playing(mode, gateway_proxy=None, **GIVEN) as bot:
        await bot.answer("SANDBOX-OK")
        await bot.type("SANDBOX-SLOW-0.5")
        await bot.slack.wait_for(lambda: bool(bot.gateway_requests[1:]))
        objects = [one for one in gc.get_objects() if _is_ours(type(one))]
        shown = "\n".join(f"{one!r} {one!s}" for one in objects)
        secrets = secrets_of(bot.slack)
        await bot.slack.wait_for_message(2)

    kinds = {type(one).__name__ for one in objects}
    assert {"GatewayClient", "SlackDoor", "Database", "Place", "Question"} <= kinds
    assert [] == leaked(shown, (*secrets, "/commands/"))


def _is_ours(kind: type) -> bool:
    # The loopback Slack and the sandbox stand for the other side, which knows.
    others = ("bot.demo", "bot.gateway.sandbox")
    module = str(kind.__module__)
    return module.startswith("bot.") and not module.startswith(others)


def test_the_canary_would_be_seen(log: io.StringIO) -> None:
    """The log of these tests does hold what our own loggers write."""
    logging.getLogger("bot.slip").warning("%s", TOKEN)

    assert [TOKEN] == leaked(log.getvalue(), (TOKEN,))
