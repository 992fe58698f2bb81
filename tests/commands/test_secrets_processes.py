"""Canaries: in every case, no byte of a secret appears in a command's output.

The faults of the gateway are tried one by one in the tests of the composition.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import aiohttp
import pytest
from anyio.from_thread import BlockingPortal

from bot.domain.timing import Timing
from bot.fake_slack.people.person import Person
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.fake_slack.state.workspace import BOT_MENTION
from bot.settings.settings import Mode
from bot.slack.cards.buttons import MENU_ACTION
from tests.support.captured import leaked
from tests.support.reading import row_of
from tests.support.running_process import CHECKOUT, environment, running
from tests.support.scene import ASK, CHECK, playing
from tests.support.voicestatus_process import Ended, Voicestatus

CREDENTIAL: Final = 'CANARY+cr&den/tial="7%'.ljust(40, "7")
TOKEN: Final = "t0&K/9"
HASH_KEY: Final = 'CANARY "hash" kéy/of the bot'
PROXY_PASSWORD: Final = "CANARYpr0xyPass"
DATABASE_PASSWORD: Final = "CANARYdbPass/word"
SECRETS: Final = (CREDENTIAL, TOKEN, HASH_KEY, PROXY_PASSWORD, DATABASE_PASSWORD)
KEYS: Final[Mapping[str, str]] = {
    "GATEWAY_CREDENTIAL": CREDENTIAL,
    "GATEWAY_TOKEN": TOKEN,
    "BOT_HASH_KEY": HASH_KEY,
    "HTTPS_PROXY": f"http://CANARYuser:{PROXY_PASSWORD}@127.0.0.1:9",
}
# Everybody may talk as much as they like.
LOUD: Final[Mapping[str, str]] = {"BOT_LOG_LEVEL": "DEBUG", "PYTHONASYNCIODEBUG": "1"}

PHONE: Final = "5511987654321"
TYPED: Final = ("MPG000236180474", PHONE, "palavrasecreta", "SANDBOX-")
# No wait for a note, nor before a retry.
HURRIED: Final = Timing(note_after=60, retry_initial=0, retry_jitter=0, recovery=0)


def secrets_of(slack: LoopbackSlack) -> tuple[str, ...]:
    """All secrets of a bot with this Slack, its response URLs included."""
    tokens = (slack.bot_token, slack.app_token, slack.signing_secret)
    return (*SECRETS, *tokens, "/commands/", "/actions/")


def on_screen(slack: LoopbackSlack, user: str) -> str:
    """Everything that a user sees."""
    shown = [(message.text, list(message.blocks)) for message in slack.messages]
    views = [view.content for view in [*slack.modals_of(user), slack.home_of(user)] if view]
    return json.dumps([shown, [dict(view) for view in views]], ensure_ascii=False, default=str)


async def pages(port: int) -> str:
    """The public responses of the bot's own HTTP server."""
    found = ""
    async with aiohttp.ClientSession() as session:
        for path in ("/metrics", "/readyz", "/healthz", "/nothing", "/slack/events"):
            async with session.get(f"http://127.0.0.1:{port}{path}") as reply:
                found += f"{reply.headers} {await reply.text()}"
    return found


async def use_every_way_in(person: Person, slack: LoopbackSlack) -> None:
    """Ask on each surface, for ids, phone numbers and words."""
    for text in (*TYPED[:3], "SANDBOX-OK", "SANDBOX-OK share", "help", "whoami", "lang pt"):
        await person.command("/voicestatus", text)
    await person.say(f"{BOT_MENTION} MPG000236180474 palavrasecreta {PHONE}")
    await person.say("MPG000236180474", channel=person.direct_channel)
    await person.message_shortcut(CHECK, await person.say(f"palavrasecreta {TYPED[0]}"))
    await person.global_shortcut(ASK)
    await slack.wait_for(lambda: bool(slack.modals_of(person.user)))
    await person.submit(slack.modals_of(person.user)[-1], {"ids": TYPED[0]})
    await person.open_home()
    await slack.wait_for(lambda: len(slack.messages) >= 11, 20)
    private = next(one for one in slack.messages if "card_share" in str(one.blocks))
    for action in ("card_customer", "card_share"):
        await person.click(private, action)
    await person.click(private, MENU_ACTION, value=row_of(private)["details"]["choice"])


async def let_slack_fail(person: Person, slack: LoopbackSlack) -> None:
    """Refuse, limit and break the bot's requests."""
    for trouble in ("invalid_blocks", "token_revoked", "ratelimited", "internal_error"):
        slack.fail_next("response_url", error=trouble, status=500)
        slack.fail_next("chat.postEphemeral", error=trouble, retry_after=0)
        await person.command("/voicestatus", "SANDBOX-OK")
        slack.fail_next("chat.postMessage", error=trouble, retry_after=0)
        await person.say(f"{BOT_MENTION} SANDBOX-OK")


async def test_no_surface_and_no_trouble_with_slack_leaks_anything(
    mode: Mode, log: io.StringIO
) -> None:
    """For all user actions and Slack errors; logs at DEBUG, asyncio as well."""
    keys: dict[str, Any] = {name.lower(): value for name, value in KEYS.items()}
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    try:
        async with playing(mode, timing=HURRIED, **keys) as bot:
            await use_every_way_in(bot.person, bot.slack)
            await let_slack_fail(bot.person, bot.slack)
            await bot.running.work.idle()
            shown = on_screen(bot.slack, bot.person.user) + await pages(bot.running.port)
            secrets = secrets_of(bot.slack)
            bot.slack.refusals.clear()
    finally:
        loop.set_debug(False)

    assert [] == leaked(shown, secrets)
    assert [] == leaked(log.getvalue(), (*secrets, *TYPED))
    assert 18 == log.getvalue().count('"looked up"')


BROKEN_LIBRARY = '''
"""Breaks the bot from inside, with all that it knows in the text of the errors."""
import asyncio, logging, os, threading, warnings
from bot.slack.lookups.handler import QueryHandler

KNOWN = " ".join(v for k, v in os.environ.items() if k.startswith(("SLACK", "GATEWAY", "BOT")))
whole = QueryHandler.answer

class Careless:
    def __del__(self):
        raise RuntimeError(KNOWN)

def burst():
    raise RuntimeError(KNOWN)

async def answer(self, question, query):
    if "MPG" not in str(query):
        return await whole(self, question, query)
    try:
        raise ValueError(f"{query} {KNOWN} {question.reply.target.response_url}")
    except ValueError as error:
        for name in ("slack_sdk", "slack_bolt", "aiohttp.client", "asyncio", "sqlalchemy", "httpx"):
            logging.getLogger(name).error("%s %s", KNOWN, query, exc_info=True)
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(KNOWN)
        Careless()
        threading.Thread(target=burst).start()
        asyncio.get_running_loop().call_soon(burst)
        lost = asyncio.get_running_loop().create_future()
        lost.set_exception(RuntimeError(KNOWN))
        del lost
        raise RuntimeError(KNOWN) from error

QueryHandler.answer = answer
'''
ESCAPED: Final = (
    b"a listener failed",
    b"a thread ended by an error",
    b"an error that could not be raised",
    b"Python warns",
    b"RuntimeError from ValueError",
)
LIBRARIES: Final = ("slack_sdk", "slack_bolt", "aiohttp", "asyncio", "sqlalchemy", "httpx")


async def test_no_process_leaks_anything(mode: Mode, empty_folder: Path) -> None:
    """An answer, a fault, a refusal; and an unforeseen error: type and place, no text.

    The last is of listeners, threads, callbacks, finalisers, warnings and libraries.
    """
    (empty_folder / "sitecustomize.py").write_text(BROKEN_LIBRARY)
    path = f"{empty_folder}:{CHECKOUT}"
    async with running(mode, **KEYS, **LOUD, PYTHONPATH=path) as bot:
        for text in ("SANDBOX-OK", "SANDBOX-FAULT-html"):
            bot.slack.fail_next("response_url", status=500)
            await bot.person.command("/voicestatus", text)
        await bot.person.command("/voicestatus", TYPED[0])
        await bot.slack.wait_for_message(3)
        port = int(bot.first_line.rpartition("port ")[2])
        shown = on_screen(bot.slack, bot.person.user) + await pages(port)
        secrets = secrets_of(bot.slack)
        bot.process.terminate()
        out, err = await bot.process.communicate()

    assert 0 == bot.process.returncode
    assert [] == leaked(shown, secrets)
    assert [] == leaked(out + err, (*secrets, *TYPED))
    assert [] == [event for event in ESCAPED if event not in err]
    assert err.count(b"text is withheld") >= len(LIBRARIES)
    assert 2 == err.count(b"looked up")


@pytest.fixture(scope="module")
def slack(beside: BlockingPortal) -> Iterator[LoopbackSlack]:
    """A Slack that works."""
    with beside.wrap_async_context_manager(running_slack()) as running_one:
        yield running_one


@pytest.fixture
def configured(slack: LoopbackSlack, gateway: Mapping[str, str], bare: Voicestatus) -> Voicestatus:
    """The command line, with all settings, beside a Slack and a gateway that work."""
    changes = {**KEYS, **LOUD}
    return bare.having(**environment(slack, gateway["GATEWAY_URL"], Mode.SOCKET, **changes))


def leaks(end: Ended, slack: LoopbackSlack, *others: str) -> list[str]:
    """The secrets in all output of a command."""
    return leaked(f"{end.out}\n{end.err}", (*secrets_of(slack), *others))


SEVERAL: Final = ["lookup", "SANDBOX-OK", "SANDBOX-FAULT-html", "SANDBOX-001"]


@pytest.mark.parametrize(
    "words",
    [
        *([name, "--help"] for name in ("run", "lookup", "explain", "sandbox", "demo", "doctor")),
        *(["manifest", "--help"], ["--help"], ["manifest"], ["sandbox", "--list"], ["--version"]),
        *(["doctor"], ["doctor", "--json"], ["lookup", "SANDBOX-OK", "--json"]),
        [*SEVERAL, "SANDBOX-FAULT-reset"],
    ],
    ids=" ".join,
)
def test_no_command_says_a_secret(
    configured: Voicestatus, slack: LoopbackSlack, words: list[str]
) -> None:
    """Whether it needs the settings or not."""
    end = configured.run(*words)

    assert [] == leaks(end, slack)
    assert end.out


@pytest.mark.parametrize("words", [["doctor"], SEVERAL], ids=["doctor", "lookup"])
def test_no_process_of_a_command_says_a_secret(
    configured: Voicestatus, slack: LoopbackSlack, words: list[str]
) -> None:
    """Of the commands that use the keys."""
    end = configured.run_process(*words)

    assert [] == leaks(end, slack)
    assert end.out


PROXY: Final = f"http://CANARYuser:{quote(PROXY_PASSWORD)}@127.0.0.1:9"
DATABASE: Final = f"postgresql://bot:{quote(DATABASE_PASSWORD, safe='')}@127.0.0.1:9/voice"
WRONG: Final[Mapping[str, Mapping[str, str]]] = {
    "credential too long": {"GATEWAY_CREDENTIAL": f"{CREDENTIAL}7"},
    "token too long": {"GATEWAY_TOKEN": f"{TOKEN}9"},
    "bot token of another kind": {"SLACK_BOT_TOKEN": "xoxp-CANARYpr0xyPass"},
    "app token of another kind": {"SLACK_APP_TOKEN": "CANARYpr0xyPass"},
    "hash key too short": {"BOT_HASH_KEY": PROXY_PASSWORD[:14]},
    "proxy of another kind": {"GATEWAY_PROXY": PROXY.replace("http", "socks5")},
    "proxy to Slack of another kind": {
        "HTTPS_PROXY": PROXY.replace("http", "socks5"),
        "SLACK_API_URL": "https://slack.example/api/",
    },
    "proxy to Slack out of reach": {
        "HTTPS_PROXY": PROXY.removeprefix("http://"),
        "SLACK_API_URL": "https://slack.example/api/",
    },
    "database of another kind": {"DATABASE_URL": DATABASE.replace("postgresql", "mysql")},
    "database out of reach": {"DATABASE_URL": DATABASE},
    "database with a bad option": {"DATABASE_URL": f"{DATABASE}?CANARYpr0xyPass=1"},
    "gateway with a password": {"GATEWAY_URL": f"https://u:{PROXY_PASSWORD}@127.0.0.1:9/x"},
    "bot token refused": {"SLACK_BOT_TOKEN": "xoxb-CANARYpr0xyPass"},
    "app token refused": {"SLACK_APP_TOKEN": "xapp-CANARYpr0xyPass"},
}


@pytest.mark.parametrize("command", ["run", "doctor"])
@pytest.mark.parametrize("wrong", WRONG)
def test_no_start_that_fails_says_a_secret(
    configured: Voicestatus, slack: LoopbackSlack, wrong: str, command: str
) -> None:
    """One message without the value; never a traceback."""
    end = configured.having(**WRONG[wrong]).run(command)

    assert [] == leaks(end, slack, PROXY_PASSWORD[:14], "CANARY")
    assert "Traceback" not in end.out + end.err
    assert command == "doctor" or (end.code and end.err)


def test_a_slack_that_is_something_else_is_told_without_a_secret(
    configured: Voicestatus, slack: LoopbackSlack
) -> None:
    """Both commands have sent it a token by then."""
    elsewhere = configured.having(SLACK_API_URL=configured.settings["GATEWAY_URL"])
    ends = [elsewhere.run(command) for command in ("run", "doctor")]

    assert [[], []] == [leaks(end, slack, "CANARY") for end in ends]
    assert [1, 1] == [end.code for end in ends]
    assert [True, True] == ["SLACK_API_URL" in end.out + end.err for end in ends]


def test_a_taken_port_says_no_secret(configured: Voicestatus, slack: LoopbackSlack) -> None:
    """The last thing that can go wrong at the start, with all connections made."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        end = configured.having(BOT_PORT=port).run("run")

    assert [] == leaks(end, slack)
    assert (1, True) == (end.code, "BOT_PORT" in end.err)


def test_a_proxy_that_does_not_answer_is_not_named(
    configured: Voicestatus, slack: LoopbackSlack
) -> None:
    """In a look-up and in the doctor's checks."""
    through = configured.having(GATEWAY_PROXY=PROXY, NO_PROXY="")
    lookup, doctor = through.run("lookup", "SANDBOX-OK", "--json"), through.run("doctor")

    assert [[], []] == [leaks(end, slack, "CANARYuser") for end in (lookup, doctor)]
    assert (5, 1) == (lookup.code, doctor.code)


def test_every_form_of_a_secret_would_be_found() -> None:
    """The search itself."""
    for text in (
        CREDENTIAL,
        quote(CREDENTIAL, safe=""),
        json.dumps({"a": CREDENTIAL}),
        json.dumps(json.dumps({"a": CREDENTIAL})),
        f"{CREDENTIAL!r}",
        *(base64.b64encode(b"x" * n + CREDENTIAL.encode() + b"yz").decode() for n in range(4)),
    ):
        assert [CREDENTIAL] == leaked(f"before {text} after", SECRETS)
    assert [] == leaked("nothing", SECRETS)
