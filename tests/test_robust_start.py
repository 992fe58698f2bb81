"""The start with a Slack that is slow, silent, rate-limited or unreadable; signals meanwhile."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from rough_slack import WHO, Answer, RoughSlack, answering, raw, rough_slack, silence

import bot.bootstrap
from bot.bootstrap import running_bot
from bot.settings import Mode
from bot.slack.refusals import SlackRefusedError, SlackUnreachableError

pytestmark = pytest.mark.slow


@asynccontextmanager
async def started(slack: RoughSlack, mode: Mode) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process of the bot, killed at the end if it is still there."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-W", "error", "-m", "bot", "run"),
        env={
            **kept,
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "SLACK_BOT_TOKEN": "xoxb-rough",
            "SLACK_APP_TOKEN": "xapp-rough",
            "SLACK_SIGNING_SECRET": "rough-signing-secret",
            "SLACK_API_URL": f"{slack.url}/api/",
            "BOT_MODE": mode.value,
            "BOT_PORT": "0",
            "GATEWAY_URL": "http://127.0.0.1:9/voice",
            "GATEWAY_CREDENTIAL": "C" * 40,
            "GATEWAY_TOKEN": "T0K3N5",
            "DATABASE_URL": "sqlite:///:memory:",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


LONG_LIMIT = raw(b'{"ok": false, "error": "ratelimited"}', status=429, Retry_After="4")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("answer", [silence, LONG_LIMIT], ids=["silent", "rate-limited"])
async def test_a_signal_during_the_start_ends_the_process_at_once(
    mode: Mode, answer: Answer, number: signal.Signals
) -> None:
    """Nothing was begun, so there is nothing to wait for: exit 0."""
    async with rough_slack() as slack:
        slack.answers["auth.test"] = answer
        async with started(slack, mode) as process:
            await slack.until(lambda: "auth.test" in slack.calls)
            seconds, err = await _ended(process, number)

    assert (0, True) == (process.returncode, seconds < 2)
    assert "Traceback" not in err


async def test_a_signal_while_web_sockets_are_refused_ends_the_process_at_once() -> None:
    """The second half of the start in Socket Mode."""
    async with rough_slack() as slack:
        slack.refused_dials = 1_000
        async with started(slack, Mode.SOCKET) as process:
            await slack.until(lambda: len(slack.dials) >= 2)
            seconds, err = await _ended(process, signal.SIGTERM)

    assert (0, True) == (process.returncode, seconds < 3)
    assert "Traceback" not in err


async def _ended(process: asyncio.subprocess.Process, number: signal.Signals) -> tuple[float, str]:
    began = time.monotonic()
    process.send_signal(number)
    async with asyncio.timeout(60):
        _, err = await process.communicate()
    return time.monotonic() - began, err.decode()


async def test_a_rate_limit_of_minutes_ends_the_start(mode: Mode) -> None:
    """Nobody waits ten minutes for a first line: exit 1, and what to do."""
    async with rough_slack() as slack:
        body = b'{"ok": false, "error": "ratelimited"}'
        slack.answers["auth.test"] = raw(body, status=429, Retry_After="600")
        async with started(slack, mode) as process, asyncio.timeout(60):
            out, err = await process.communicate()

    assert (1, b"") == (process.returncode, out)
    assert b"Slack cannot be reached" in err
    assert b"ratelimited" in err


@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
async def test_a_silent_slack_ends_the_start(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    """The start has a limit of its own."""
    monkeypatch.setattr(bot.bootstrap, "START_SECONDS", 0.3)
    async with rough_slack() as slack:
        slack.answers[method] = silence
        with pytest.raises(SlackUnreachableError, match="no connection within"):
            async with asyncio.timeout(30), running_bot(slack.settings()):
                pass


async def test_web_sockets_that_are_always_refused_end_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Tried again until the limit of the start."""
    monkeypatch.setattr(bot.bootstrap, "START_SECONDS", 1.5)
    async with rough_slack() as slack:
        slack.refused_dials = 1_000
        with pytest.raises(SlackUnreachableError, match="no connection within"):
            async with asyncio.timeout(30), running_bot(slack.settings()):
                pass

    assert 2 == len(slack.dials)


UNREADABLE = {
    "server error": raw(b"oops", status=500, content_type="text/plain"),
    "server error in JSON": answering({"ok": False, "error": "internal_error"}, status=500),
    "server error that says ok": answering(WHO, status=500),
    "HTML": raw(b"<html>proxy</html>", content_type="text/html"),
    "HTML that claims to be JSON": raw(b"<html>proxy</html>"),
    "null": answering(None),
    "empty object": answering({}),
    "list": answering([1]),
    "empty list": answering([]),
    "string": answering("ok"),
    "number": answering(1),
    "true": answering(True),
    "nothing": raw(b""),
    "no UTF-8": raw(b'{"ok": true, "team": "\xff"}'),
    "unknown charset": raw(b'{"ok": true}', content_type="application/json; charset=nonsense"),
    "gzip that is none": raw(b"junk", Content_Encoding="gzip"),
    "an archive": raw(b"junk", content_type="application/gzip"),
    "deep": raw(b"[" * 100_000),
    "rate limit": answering({"ok": False, "error": "ratelimited"}, status=429),
    "rate limit in words": raw(b"slow down", status=429, content_type="text/plain"),
    "error of another kind": answering({"ok": False, "error": "fatal_error"}),
    "error that is no word": answering({"ok": False, "error": "invalid_auth\n\x1b[31mgo"}),
    "error that is a list": answering({"ok": False, "error": ["invalid_auth"]}),
    "ok with odd ids": answering({"ok": True, "team_id": 5, "user_id": []}),
}


@pytest.mark.parametrize("name", UNREADABLE)
async def test_an_odd_answer_at_the_start_is_no_refused_token(name: str) -> None:
    """Slack cannot be reached, or what it says cannot be read."""
    async with rough_slack() as slack:
        slack.answers["auth.test"] = UNREADABLE[name]
        with pytest.raises(SlackUnreachableError) as caught:
            async with running_bot(slack.settings(Mode.HTTP)):
                pass

    assert "\x1b" not in caught.value.reason


@pytest.mark.parametrize("name", ["null", "list", "HTML", "server error", "empty object"])
async def test_an_odd_answer_instead_of_an_address_is_no_refused_token(name: str) -> None:
    """The same for the method that opens Socket Mode."""
    async with rough_slack() as slack:
        slack.answers["apps.connections.open"] = UNREADABLE[name]
        with pytest.raises(SlackUnreachableError):
            async with running_bot(slack.settings()):
                pass


@pytest.mark.parametrize("error", ["invalid_auth", "not_authed", "missing_scope", "token_expired"])
async def test_a_word_about_the_token_is_a_refused_token(error: str) -> None:
    """Only these end with the advice to look at the tokens."""
    async with rough_slack() as slack:
        slack.answers["auth.test"] = answering({"ok": False, "error": error})
        with pytest.raises(SlackRefusedError, match=error):
            async with running_bot(slack.settings(Mode.HTTP)):
                pass


async def test_names_are_printed_without_control_and_direction_characters() -> None:
    """A name in Slack is anybody's text; the operator's terminal is not."""
    async with rough_slack() as slack:
        name = "Ro\x1b[31mugh\u202e\n\u2066"
        slack.answers["auth.test"] = answering(WHO | {"team": name, "user": "b\x00ot"})
        async with running_bot(slack.settings(Mode.HTTP)) as running:
            assert ("Ro[31mugh", "bot") == (running.workspace.team, running.workspace.bot_user)
