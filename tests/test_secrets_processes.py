"""Canaries through real processes: whatever happens, no byte of a secret comes out again."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

import aiohttp
import pytest
from captured import leaked
from test_end import Running, environment, running
from voicestatus_process import Ended, Voicestatus
from ways import ASK, CHECK

from bot.demo.loopback.workspace import BOT_MENTION
from bot.demo.slack_server import LoopbackSlack, running_slack
from bot.gateway.sandbox import running_sandbox
from bot.gateway.sandbox.fault_names import FaultName
from bot.settings import Mode

pytestmark = pytest.mark.slow

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
}
# Everybody may talk as much as they like.
LOUD: Final[Mapping[str, str]] = {"BOT_LOG_LEVEL": "DEBUG", "PYTHONASYNCIODEBUG": "1"}

PHONE: Final = "5511987654321"
TYPED: Final = ("MPG000236180474", PHONE, "palavrasecreta", "SANDBOX-")


def secrets_of(slack: LoopbackSlack) -> tuple[str, ...]:
    """All that a bot beside this Slack must keep to itself, its response URLs included."""
    tokens = (slack.bot_token, slack.app_token, slack.signing_secret)
    return (*SECRETS, *tokens, "/commands/", "/actions/")


def on_screen(slack: LoopbackSlack, users: str) -> str:
    """All that people see."""
    shown = [(message.text, list(message.blocks)) for message in slack.messages]
    views = [view.content for view in [*slack.modals_of(users), slack.home_of(users)] if view]
    return json.dumps([shown, [dict(view) for view in views]], ensure_ascii=False, default=str)


async def pages(bot: Running) -> str:
    """What the bot's own HTTP server tells everybody."""
    port = bot.first_line.rpartition("port ")[2].strip()
    told = ""
    async with aiohttp.ClientSession() as session:
        for path in ("/metrics", "/readyz", "/healthz", "/nothing", "/slack/events"):
            async with session.get(f"http://127.0.0.1:{port}{path}") as reply:
                told += f"{reply.headers} {await reply.text()}"
    return told


async def use_every_way_in(bot: Running) -> None:
    """Ask on each surface, for ids, phone numbers and words."""
    person, slack = bot.person, bot.slack
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
    for action in ("card_refresh", "card_details", "card_customer", "card_share"):
        await person.click(private, action)


async def let_slack_fail(bot: Running) -> None:
    """Refuse, limit and break what the bot sends."""
    for trouble in ("invalid_blocks", "token_revoked", "ratelimited", "internal_error"):
        bot.slack.fail_next("response_url", error=trouble, status=500)
        bot.slack.fail_next("chat.postEphemeral", error=trouble)
        await bot.person.command("/voicestatus", "SANDBOX-OK")
        bot.slack.fail_next("chat.postMessage", error=trouble)
        await bot.person.say(f"{BOT_MENTION} SANDBOX-OK")
    await asyncio.sleep(2)


async def test_nothing_leaks_through_success_faults_and_debugging(mode: Mode) -> None:
    """Every surface, every fault of the catalogue and of Slack; logs at DEBUG, asyncio as well."""
    changes = {**KEYS, **LOUD, "GATEWAY_TIMEOUT_SECONDS": "3", "GATEWAY_MAX_CONCURRENCY": "50"}
    async with running(mode, **changes) as bot:
        await use_every_way_in(bot)
        await let_slack_fail(bot)
        faults = [f"SANDBOX-FAULT-{name}" for name in FaultName]
        before = len(bot.slack.messages)
        await asyncio.gather(*(bot.person.command("/voicestatus", one) for one in faults))
        await bot.slack.wait_for(lambda: len(bot.slack.messages) >= before + len(faults), 30)
        shown = on_screen(bot.slack, bot.person.user) + await pages(bot)
        secrets = secrets_of(bot.slack)
        bot.process.terminate()
        out, err = await bot.process.communicate()

    assert 0 == bot.process.returncode
    assert [] == leaked(shown, secrets)
    assert [] == leaked(out + err, (*secrets, *TYPED))
    assert err.count(b"looked up") > len(faults)


BROKEN_LIBRARY = '''
"""Breaks the bot from inside, with all that it knows in the text of the errors."""
import asyncio, logging, os, threading, warnings
from bot.slack.reception import Reception

KNOWN = " ".join(v for k, v in os.environ.items() if k.startswith(("SLACK", "GATEWAY", "BOT")))

class Careless:
    def __del__(self):
        raise RuntimeError(KNOWN)

def burst():
    raise RuntimeError(KNOWN)

async def answer(self, question, query):
    try:
        raise ValueError(f"{query} {KNOWN} {question.place.response_url}")
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

Reception.answer = answer
'''


ESCAPED: Final = (
    b"a listener failed",
    b"a thread ended by an error",
    b"an error that could not be raised",
    b"Python warns",
    b"RuntimeError from ValueError",
)
LIBRARIES: Final = ("slack_sdk", "slack_bolt", "aiohttp", "asyncio", "sqlalchemy", "httpx")


async def test_no_error_that_nobody_foresaw_leaks_its_text(mode: Mode, tmp_path: Path) -> None:
    """Broken listeners, threads, callbacks, finalisers, warnings: type and place, no text."""
    (tmp_path / "sitecustomize.py").write_text(BROKEN_LIBRARY)
    checkout = Path(__file__).parents[1]
    async with running(mode, **KEYS, **LOUD, PYTHONPATH=f"{tmp_path}:{checkout}") as bot:
        await bot.person.command("/voicestatus", TYPED[0])
        await bot.slack.wait_for_message()
        shown = on_screen(bot.slack, bot.person.user) + await pages(bot)
        secrets = secrets_of(bot.slack)
        bot.process.terminate()
        out, err = await bot.process.communicate()

    assert 0 == bot.process.returncode
    assert [] == leaked(shown, secrets)
    assert [] == leaked(out + err, (*secrets, *TYPED))
    assert [True] * 5 == [event in err for event in ESCAPED]
    assert err.count(b"text is withheld") >= len(LIBRARIES)


@pytest.fixture
async def voicestatus(tmp_path: Path) -> AsyncIterator[Voicestatus]:
    """The command line, with all settings, beside a Slack and a gateway that work."""
    async with running_slack() as slack, running_sandbox(port=0) as gateway:
        changes = {**KEYS, **LOUD}
        settings = environment(slack, gateway, Mode.SOCKET, **changes)
        yield Voicestatus(directory=tmp_path, settings=settings)


def output(result: Ended) -> str:
    """All that a process has said."""
    return f"{result.out}\n{result.err}"


TOKENS: Final = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET")


def told(voicestatus: Voicestatus) -> tuple[str, ...]:
    """The secrets of this command line."""
    return (*SECRETS, *(voicestatus.settings[name] for name in TOKENS))


@pytest.mark.parametrize(
    "words",
    [
        *([name, "--help"] for name in ("run", "lookup", "explain", "sandbox", "demo", "doctor")),
        *(["manifest", "--help"], ["--help"], ["manifest"], ["sandbox", "--list"], ["--version"]),
        *(["doctor"], ["doctor", "--json"], ["lookup", "SANDBOX-OK", "--json"]),
        ["lookup", "SANDBOX-OK", "SANDBOX-FAULT-html", "SANDBOX-001", "SANDBOX-FAULT-reset"],
    ],
    ids=" ".join,
)
async def test_no_command_says_a_secret(voicestatus: Voicestatus, words: list[str]) -> None:
    """Whether it needs the settings or not."""
    result = await voicestatus.run(*words)

    assert [] == leaked(output(result), told(voicestatus))
    assert result.out


PROXY: Final = f"http://CANARYuser:{quote(PROXY_PASSWORD)}@127.0.0.1:9"
DATABASE: Final = f"postgresql://bot:{quote(DATABASE_PASSWORD, safe='')}@127.0.0.1:9/voice"
WRONG: Final[Mapping[str, Mapping[str, str]]] = {
    "credential too long": {"GATEWAY_CREDENTIAL": f"{CREDENTIAL}7"},
    "token too long": {"GATEWAY_TOKEN": f"{TOKEN}9"},
    "bot token of another kind": {"SLACK_BOT_TOKEN": "xoxp-CANARYpr0xyPass"},
    "app token of another kind": {"SLACK_APP_TOKEN": "CANARYpr0xyPass"},
    "hash key too short": {"BOT_HASH_KEY": PROXY_PASSWORD[:14]},
    "proxy of another kind": {"GATEWAY_PROXY": PROXY.replace("http", "socks5")},
    "database of another kind": {"DATABASE_URL": DATABASE.replace("postgresql", "mysql")},
    "database out of reach": {"DATABASE_URL": DATABASE},
    "database with a bad option": {"DATABASE_URL": f"{DATABASE}?CANARYpr0xyPass=1"},
    "gateway with a password": {"GATEWAY_URL": f"https://u:{PROXY_PASSWORD}@127.0.0.1:9/x"},
    "Slack out of reach": {"SLACK_API_URL": "http://127.0.0.1:9/api/"},
    "bot token refused": {"SLACK_BOT_TOKEN": "xoxb-CANARYpr0xyPass"},
    "app token refused": {"SLACK_APP_TOKEN": "xapp-CANARYpr0xyPass"},
}


@pytest.mark.parametrize("command", ["run", "doctor"])
@pytest.mark.parametrize("wrong", WRONG)
async def test_no_start_that_fails_says_a_secret(
    voicestatus: Voicestatus, wrong: str, command: str
) -> None:
    """One message without the value; never a traceback."""
    result = await voicestatus.having(**WRONG[wrong]).run(command)

    assert [] == leaked(output(result), (*told(voicestatus), PROXY_PASSWORD[:14], "CANARY"))
    assert "Traceback" not in output(result)
    assert command == "doctor" or result.code


async def test_a_taken_port_says_no_secret(voicestatus: Voicestatus) -> None:
    """The last thing that can go wrong at the start, with all connections made."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = await voicestatus.having(BOT_PORT=port).run("run")

    assert [] == leaked(output(result), told(voicestatus))
    assert (1, True) == (result.code, "BOT_PORT" in result.err)


async def test_a_proxy_that_does_not_answer_is_not_named(voicestatus: Voicestatus) -> None:
    """In a look-up and in the doctor's checks."""
    through = voicestatus.having(GATEWAY_PROXY=PROXY, NO_PROXY="")
    results = [await through.run("lookup", "SANDBOX-OK", "--json"), await through.run("doctor")]

    for result in results:
        assert [] == leaked(output(result), (*told(voicestatus), "CANARYuser"))
    assert 5 == results[0].code


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
