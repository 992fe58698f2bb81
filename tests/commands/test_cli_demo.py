"""`voicestatus demo`: the page until it is stopped, or the tour in the terminal."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import time
import urllib.request
from functools import partial

import pytest

from bot.demo.conversation import _TOUR, converse
from bot.demo.playground.serving import has_a_browser
from bot.domain.texts.catalog import Catalog
from bot.domain.timing import Timing
from bot.gateway.sandbox.server import running_sandbox
from bot.slack.api.calls import SlackUnreachableError
from tests.support.voicestatus_process import (
    Voicestatus,
    address_of,
    as_in_a_new_process,
    ended,
    unframed,
)
from tests.support.wording import EN, PT

NOBODY = "http://127.0.0.1:9"
FOREIGN = {"HTTP_PROXY": NOBODY, "https_proxy": NOBODY, "NO_PROXY": "example", "BOT_PORT": "many"}


@pytest.mark.parametrize(
    ("number", "catalog"),
    [(signal.SIGTERM, EN), (signal.SIGINT, PT)],
    ids=["SIGTERM, English", "SIGINT, Portuguese"],
)
def test_the_page_is_served_without_a_terminal_until_it_is_stopped(
    bare: Voicestatus, number: signal.Signals, catalog: Catalog
) -> None:
    """An open stream does not delay it; the end is clean, with exit code 0.

    The language of the bot is the first agent's, and that of the words in the terminal. No setting
    and no proxy of the environment changes anything.
    """
    asked = ("demo", "--port", "0", "--language", catalog.language)
    with bare.having(**FOREIGN).started(*asked) as process:
        url = address_of(process)
        with urllib.request.urlopen(f"{url}start") as page:
            start = json.load(page)
        first = next(one for one in start["agents"] if one["language"] == start["language"])
        with urllib.request.urlopen(f"{url}stream?as={first['id']}") as stream:
            stream.readline()
            process.send_signal(number)
            end = ended(process)

    assert catalog.language == first["language"]
    assert (0, "") == (end.code, end.err)
    welcome = catalog.say("playground.welcome_terminal", url=url)
    assert welcome.partition("\n")[2] == end.out.strip()


def test_a_taken_port_is_named_and_nothing_is_left_running(bare: Voicestatus) -> None:
    """The port was requested, so the demo takes no other one."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        end = bare.run("demo", "--port", port)

    assert (1, "") == (end.code, end.out)
    assert end.err.startswith(f"Cannot listen on 127.0.0.1:{port} (")


@pytest.mark.parametrize("options", [[], ["--terminal"]], ids=["page", "terminal"])
def test_a_demo_that_cannot_start_says_why(
    bare: Voicestatus, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    """In one line, with exit code 1."""

    def failing(*_: object, **__: object) -> None:
        raise SlackUnreachableError("no loopback here")

    monkeypatch.setattr("bot.demo.stage.running_bot", failing)
    end = bare.run("demo", *options)
    assert (1, "", "The demo cannot start: no loopback here.\n") == (end.code, end.out, end.err)


def test_the_tour_in_the_terminal_may_be_left(bare: Voicestatus) -> None:
    """It is a choice of the command, in its language; Ctrl-C ends it without a traceback."""
    with bare.started("demo", "--terminal", "--language", "pt-BR") as process:
        assert process.stdout is not None
        first = process.stdout.readline().decode()
        process.send_signal(signal.SIGINT)
        end = ended(process)

    assert PT.say("demo.welcome").startswith(first.strip())
    assert (130, "") == (end.code, end.err)


@pytest.mark.parametrize(
    "catalog", [pytest.param(EN, marks=pytest.mark.matrix, id="en"), pytest.param(PT, id="pt-BR")]
)
def test_the_tour_shows_everything_once_and_ends(
    capsys: pytest.CaptureFixture[str], catalog: Catalog
) -> None:
    """Each stop is introduced and answered; with no terminal on standard input that is all."""
    slow = {"slow": "SANDBOX-SLOW-0.6"}
    quick = Timing(note_after=0.2, retry_initial=0, retry_jitter=0, poll=0.05)
    hurried = partial(running_sandbox, clock=lambda: 10 * time.monotonic())
    with as_in_a_new_process():
        code = asyncio.run(
            converse(
                catalog.language,
                tour=[*(dict(_TOUR) | slow).items()],
                timing=quick,
                gateway=hurried,
            )
        )
    out, err = capsys.readouterr()

    assert (0, "") == (code, err)
    text = unframed(out)
    introduced = [name for name in catalog.phrases if name.startswith("demo.why_")]
    assert [] == [name for name in introduced if catalog.say(name) not in text]
    assert catalog.say("working.title") in text
    assert all(one.sip(603).title in text.casefold() for one in (EN, PT))
    assert catalog.say("demo.silence", seconds=15) not in text


@pytest.mark.parametrize(
    ("environment", "platform", "screen"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ""}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "darwin", True),
        ({}, "win32", True),
    ],
)
def test_a_browser_is_opened_where_there_is_a_screen(
    environment: dict[str, str], platform: str, *, screen: bool
) -> None:
    """Elsewhere only the address is printed."""
    assert screen is has_a_browser(environment, platform)
