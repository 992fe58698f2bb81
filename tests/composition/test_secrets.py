"""Canaries: no secret, no id and no phone number reaches a log line, a card, a repr or an error."""

from __future__ import annotations

import asyncio
import gc
import io
import logging
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import pytest
from aiohttp import web

from bot.composition.bootstrap import running_bot
from bot.domain.texts.catalog import Catalog
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.gateway.sandbox.answers import FaultName
from bot.settings.settings import Mode
from bot.slack.api.calls import SlackError
from tests.support.captured import leaked
from tests.support.reading import heading, seen
from tests.support.rough_slack import rough_slack
from tests.support.scene import UNHURRIED, Scene, Stages, forget_answers, playing, settings_for
from tests.support.wording import EN, PT, verdict

CREDENTIAL: Final = "CANARYcredential".ljust(40, "7")
TOKEN: Final = "CANt0k"
HASH_KEY: Final = "CANARY-hash-key-of-the-bot"
PROXY: Final = "http://CANARYuser:CANARYpass@127.0.0.1:9"
PHONE: Final = "5511987654321"
NO_GATEWAY: Final = "http://127.0.0.1:9/voice"
IDS: Final = ("MPG000236180474", PHONE)
GIVEN: Final[Mapping[str, Any]] = {
    "gateway_credential": CREDENTIAL,
    "gateway_token": TOKEN,
    "bot_hash_key": HASH_KEY,
}

AT_ONCE: Final = replace(UNHURRIED, retry_initial=0.0, retry_jitter=0.0)


def secrets_of(slack: LoopbackSlack) -> tuple[str, ...]:
    """Every secret that a bot beside this Slack knows."""
    tokens = (slack.bot_token, slack.app_token, slack.signing_secret)
    return (*tokens, CREDENTIAL, TOKEN, HASH_KEY, "/commands/")


def chain(error: BaseException | None) -> Iterator[str]:
    """Text and repr of an exception and of all below it, as a traceback would show them."""
    while error is not None:
        yield f"{error} {error!r}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


@pytest.fixture
async def bot(mode: Mode, stages: Stages) -> AsyncIterator[Scene]:
    """A bot that knows all of them; it tries again at once."""
    async with stages.scene(mode, timing=AT_ONCE, **GIVEN) as scene:
        yield scene


async def test_success_leaks_nothing(bot: Scene, log: io.StringIO) -> None:
    """Cards, texts and log lines of plain look-ups hold no secret, and the log no id."""
    shown = ""
    for text in ("SANDBOX-OK", *IDS, "SANDBOX-OK share", "help", "whoami", "health", "x y z"):
        message = await bot.answer(text)
        shown += f"{message.text}\n{seen(message)}\n"
    secrets = secrets_of(bot.slack)

    assert [] == leaked(shown, secrets)
    assert [] == leaked(log.getvalue(), (*secrets, *IDS, "SANDBOX-"))
    assert "looked up" in log.getvalue()


SILENT: Final = frozenset({"hang", "drip", "hang-head", "hang-body", "retry-after"})


async def test_no_fault_of_the_gateway_leaks_anything(bot: Scene, log: io.StringIO) -> None:
    """Every fault that is an answer, with all loggers at DEBUG."""
    names = {name.value for name in FaultName} - SILENT
    for name in names:
        # All are to go over the wire, and none to be answered by the circuit alone.
        forget_answers(bot.running.gateway)
        await bot.answer(f"SANDBOX-FAULT-{name}", patience=60)

    assert_nothing_leaked(bot, log, names)


async def test_no_silence_of_the_gateway_leaks_anything(
    mode: Mode, stages: Stages, log: io.StringIO
) -> None:
    """Nor those that are none."""
    given = {**GIVEN, "gateway_timeout_seconds": 1.0}
    async with stages.scene(mode, timing=AT_ONCE, **given) as bot:
        asking = (bot.type(f"SANDBOX-FAULT-{name}") for name in SILENT)
        await bot.come_of(asyncio.gather(*asking), len(SILENT))

        assert_nothing_leaked(bot, log, SILENT)


def assert_nothing_leaked(bot: Scene, log: io.StringIO, names: Collection[str]) -> None:
    """Neither what is shown nor what is logged of these faults holds a secret."""
    shown = "\n".join(f"{message.text} {seen(message)}" for message in bot.slack.messages)
    secrets = secrets_of(bot.slack)
    assert [] == leaked(shown, secrets)
    assert [] == leaked(log.getvalue(), (*secrets, "SANDBOX-"))
    assert {f"SANDBOX-FAULT-{name}" for name in names} == {
        one.idmsg for one in bot.gateway_requests
    }
    assert len(names) == log.getvalue().count('"looked up"')


async def test_wrong_keys_are_told_without_being_shown(mode: Mode, log: io.StringIO) -> None:
    """001 and 019 name the setting, never its value."""
    wrong: dict[str, Any] = {"gateway_credential": "BAD".ljust(40, "8"), "gateway_token": "BADt0k"}
    async with playing(mode, **wrong) as bot:
        message = await bot.answer("SANDBOX-OK")

    shown = f"{message.text} {seen(message)}"
    assert "001" in shown
    assert [] == leaked(f"{shown} {log.getvalue()}", tuple(wrong.values()))


async def test_a_refused_response_url_is_not_logged(bot: Scene, log: io.StringIO) -> None:
    """The URL is a secret of its own: whoever has it can post."""
    bot.slack.fail_next("response_url", status=500)
    bot.slack.fail_next("chat.postEphemeral", error="fatal_error")
    await bot.answer("SANDBOX-OK")

    assert '"method": "response_url"' in log.getvalue()
    assert [] == leaked(log.getvalue(), secrets_of(bot.slack))


@pytest.mark.parametrize("catalog", [EN, PT], ids=["en", "pt-BR"])
async def test_a_proxy_with_a_password_is_never_shown(catalog: Catalog, log: io.StringIO) -> None:
    """A proxy that cannot be reached is an error without its address."""
    language = catalog.language.value
    async with playing(Mode.HTTP, gateway_proxy=PROXY, bot_language=language) as bot:
        message = await bot.answer("SANDBOX-OK")

    assert verdict("!proxy", catalog) == heading(message)
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
    async with running_slack() as slack:
        slack.fail_next(method, **failure)
        settings = settings_for(slack, NO_GATEWAY, Mode.SOCKET, **GIVEN)
        with pytest.raises(SlackError) as caught:
            async with running_bot(settings):
                pass
        secrets = secrets_of(slack)

    assert [] == leaked(" ".join(chain(caught.value)), secrets)
    assert [] == leaked(log.getvalue(), secrets)


async def test_an_answer_that_repeats_the_token_leaks_nothing(log: io.StringIO) -> None:
    """A proxy in between, say, that shows what it was asked."""

    async def repeat(request: web.Request) -> web.Response:
        return web.Response(text=str(request.headers), content_type="text/html")

    async with rough_slack() as slack:
        slack.answers["auth.test"] = repeat
        with pytest.raises(SlackError) as caught:
            async with running_bot(slack.settings(**GIVEN)):
                pass

    assert [] == leaked(" ".join(chain(caught.value)), [slack.bot_token])
    assert [] == leaked(log.getvalue(), [slack.bot_token])


async def test_the_settings_show_no_secret() -> None:
    """repr, str and a dump for JSON hide every value."""
    more = {"gateway_proxy": PROXY, "database_url": "postgresql://bot:CANARYdb@127.0.0.1/voice"}
    async with running_slack() as slack:
        settings = settings_for(slack, NO_GATEWAY, Mode.HTTP, **GIVEN, **more)
        shown = f"{settings!r} {settings} {settings.model_dump_json()} {settings.model_dump()}"
        secrets = secrets_of(slack)

    assert [] == leaked(shown, (*secrets, "CANARY"))


async def test_no_object_of_ours_shows_a_secret(bot: Scene) -> None:
    """Whatever a debugger or a traceback prints while a look-up is under way."""
    await bot.answer("SANDBOX-OK")
    await bot.type("SANDBOX-SLOW-0.3")
    await bot.slack.wait_for(lambda: bool(bot.gateway_requests[1:]))
    objects = [one for one in gc.get_objects() if _is_ours(type(one))]
    secrets = (*secrets_of(bot.slack), "/commands/")
    leaky = {type(one).__name__ for one in objects if leaked(f"{one!r} {one!s}", secrets)}
    await bot.slack.wait_for_message(2)

    kinds = {type(one).__name__ for one in objects}
    assert {"GatewayClient", "SlackClient", "Database", "ReplyTarget", "Request"} <= kinds
    assert set() == leaky


def _is_ours(kind: type) -> bool:
    # The loopback Slack and the sandbox stand for the other side, which knows.
    others = ("bot.demo", "bot.fake_slack", "bot.gateway.sandbox")
    module = str(kind.__module__)
    return module.startswith("bot.") and not module.startswith(others)


def test_the_canary_would_be_seen(log: io.StringIO) -> None:
    """The log of these tests does hold what our own loggers write."""
    logging.getLogger("bot.slip").warning("%s", TOKEN)

    assert [TOKEN] == leaked(log.getvalue(), (TOKEN,))
