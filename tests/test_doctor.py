from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp import web

from bot.demo.loopback import workspace as made_up
from bot.demo.slack_server import LoopbackSlack, running_slack
from bot.doctor import Check, examine, report
from bot.gateway.sandbox import running_sandbox
from bot.settings import Mode, Settings

CREDENTIAL = "C4NARY" + "0" * 34
TOKEN = "T0KEN1"
SECRETS = (made_up.BOT_TOKEN, made_up.APP_TOKEN, made_up.SIGNING_SECRET, CREDENTIAL, TOKEN)


@pytest.fixture
async def slack() -> AsyncIterator[LoopbackSlack]:
    """A Slack on loopback."""
    async with running_slack() as running:
        yield running


@pytest.fixture
async def gateway_url() -> AsyncIterator[str]:
    """A sandbox gateway on loopback."""
    async with running_sandbox(port=0) as url:
        yield url


@pytest.fixture
def good(slack: LoopbackSlack, gateway_url: str) -> dict[str, Any]:
    """Settings of Socket Mode with which all is well."""
    return {
        "bot_mode": Mode.SOCKET,
        "slack_api_url": slack.api_url,
        "slack_bot_token": slack.bot_token,
        "slack_app_token": slack.app_token,
        "slack_signing_secret": slack.signing_secret,
        "gateway_url": gateway_url,
        "gateway_credential": CREDENTIAL,
        "gateway_token": TOKEN,
        "gateway_timeout_seconds": 2.0,
    }


async def checks(settings: dict[str, Any]) -> dict[str, Check]:
    """The doctor's checks by their names."""
    return {check.name: check async for check in examine(Settings.of(**settings))}


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@asynccontextmanager
async def serving(
    body: str, *, content_type: str = "text/html", date: str | None = None
) -> AsyncIterator[str]:
    """A server that says the same to everything."""

    async def answer(_: web.Request) -> web.Response:
        headers = {} if date is None else {"Date": date}
        return web.Response(text=body, headers=headers, content_type=content_type)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


def slack_at(date: str) -> AbstractAsyncContextManager[str]:
    """A Slack that takes every token, and sends this as its time."""
    return serving('{"ok": true}', content_type="application/json", date=date)


@pytest.mark.parametrize(
    ("mode", "names"),
    [
        (Mode.SOCKET, ["settings", "slack token", "scopes", "clock", "app token", "gateway"]),
        (Mode.HTTP, ["settings", "slack token", "scopes", "clock", "gateway"]),
    ],
    ids=["socket", "http"],
)
async def test_all_is_well(good: dict[str, Any], mode: Mode, names: list[str]) -> None:
    """Where nothing is wrong each check is a line that says so, without a remedy."""
    found = await checks({**good, "bot_mode": mode})
    assert [(name, True, "") for name in names] == [
        (check.name, check.ok, check.remedy) for check in found.values()
    ]


async def test_lines_say_what_was_seen(good: dict[str, Any]) -> None:
    """The operator sees which bot in which workspace, and that the gateway is the sandbox."""
    found = await checks(good)
    assert "voicestatus in Loopback Support (T0LOOPBACK1)" == found["slack token"].detail
    assert "app_mentions:read, chat:write, commands, im:history" == found["scopes"].detail
    assert "127.0.0.1 (the sandbox) answers and takes the keys" == found["gateway"].detail


async def test_bot_token_that_slack_refuses(good: dict[str, Any]) -> None:
    """The line names Slack's word and the setting; what needs the token is not looked at."""
    found = await checks({**good, "slack_bot_token": "xoxb-of-somebody-else"})
    check = found["slack token"]
    assert (False, "Slack refuses it: invalid_auth") == (check.ok, check.detail)
    assert "SLACK_BOT_TOKEN" in check.remedy
    assert ["settings", "slack token", "app token", "gateway"] == list(found)


@pytest.mark.parametrize("missing", ["app_mentions:read", "chat:write", "commands", "im:history"])
async def test_missing_scope(good: dict[str, Any], slack: LoopbackSlack, missing: str) -> None:
    """A scope that the token lacks is named, with the way to get it."""
    slack.workspace.scopes.discard(missing)
    check = (await checks(good))["scopes"]
    assert (False, f"missing: {missing}") == (check.ok, check.detail)
    assert "voicestatus manifest" in check.remedy


async def test_app_token_that_slack_refuses(good: dict[str, Any]) -> None:
    """A wrong app token has its own line, and the bot token keeps its good one."""
    found = await checks({**good, "slack_app_token": "xapp-of-somebody-else"})
    check = found["app token"]
    assert (True, False) == (found["slack token"].ok, check.ok)
    assert "Slack refuses it: invalid_auth" == check.detail
    assert "SLACK_APP_TOKEN" in check.remedy


async def test_app_token_without_its_scope(good: dict[str, Any], slack: LoopbackSlack) -> None:
    """An app token without connections:write is refused, and the remedy names the scope."""
    slack.workspace.app_scopes.clear()
    check = (await checks(good))["app token"]
    assert (False, "Slack refuses it: missing_scope") == (check.ok, check.detail)
    assert "connections:write" in check.remedy


async def test_slack_that_cannot_be_reached(good: dict[str, Any]) -> None:
    """Both tokens are told to be out of reach, and the gateway is looked at all the same."""
    found = await checks({**good, "slack_api_url": f"http://127.0.0.1:{free_port()}/api/"})
    assert {"slack token": False, "app token": False, "gateway": True} == {
        name: found[name].ok for name in ("slack token", "app token", "gateway")
    }
    assert found["slack token"].detail.startswith("Slack cannot be reached: ")
    assert "SLACK_API_URL" in found["slack token"].remedy


async def test_slack_that_is_something_else(good: dict[str, Any]) -> None:
    """A page in the place of Slack is no traceback either."""
    async with serving("<html>sign in to the network</html>") as url:
        check = (await checks({**good, "slack_api_url": url}))["slack token"]
    assert not check.ok
    assert check.remedy


@pytest.mark.parametrize(
    ("skew", "ok", "remedy"),
    [
        pytest.param(0, True, "", id="none"),
        pytest.param(-120, True, "Set this machine's clock by NTP.", id="worth saying"),
        pytest.param(400, False, "Set this machine's clock by NTP.", id="ahead"),
        pytest.param(-400, False, "Set this machine's clock by NTP.", id="behind"),
    ],
)
async def test_skewed_clock(good: dict[str, Any], skew: int, ok: bool, remedy: str) -> None:
    """From five minutes on Slack's signatures are refused; half a minute is worth a word."""
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=skew), usegmt=True)
    async with slack_at(moment) as url:
        check = (await checks({**good, "slack_api_url": url, "bot_mode": Mode.HTTP}))["clock"]
    assert (ok, remedy) == (check.ok, check.remedy)


@pytest.mark.parametrize("date", ["yesterday", ""], ids=["unreadable", "empty"])
async def test_clock_that_slack_does_not_tell(good: dict[str, Any], date: str) -> None:
    """Without a readable time nothing is claimed about the clock."""
    async with slack_at(date) as url:
        check = (await checks({**good, "slack_api_url": url, "bot_mode": Mode.HTTP}))["clock"]
    assert (True, "Slack did not send its time") == (check.ok, check.detail)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        pytest.param({"gateway_credential": "BAD" + "0" * 37}, "001", id="credential"),
        pytest.param({"gateway_token": "BAD000"}, "019", id="token"),
    ],
)
async def test_keys_that_the_gateway_refuses(
    good: dict[str, Any], settings: dict[str, str], code: str
) -> None:
    """The gateway's code is told with its meaning and with what to do."""
    check = (await checks({**good, **settings}))["gateway"]
    assert not check.ok
    assert f"answered {code} where 023 was due" in check.detail
    assert check.remedy


async def test_gateway_that_refuses_connections(good: dict[str, Any]) -> None:
    """Nobody listens at the gateway's address."""
    check = (await checks({**good, "gateway_url": f"http://127.0.0.1:{free_port()}/"}))["gateway"]
    assert (False, True) == (check.ok, check.detail.startswith("127.0.0.1: connection_refused. "))
    assert check.remedy


async def test_gateway_that_is_a_page(good: dict[str, Any]) -> None:
    """An HTML page in the place of the gateway is told to be no SOAP."""
    async with serving("<html>welcome</html>") as url:
        check = (await checks({**good, "gateway_url": url}))["gateway"]
    assert (False, True) == (check.ok, check.detail.startswith("127.0.0.1: not_soap. "))
    assert check.remedy


async def test_gateway_that_cannot_be_set_up(good: dict[str, Any], tmp_path: Any) -> None:
    """A file of certificates that vanished after the start of checks is a line, no traceback."""
    settings = Settings.of(**good).model_copy(update={"gateway_ca_file": tmp_path / "gone.pem"})
    check = [check async for check in examine(settings)][-1]
    assert ("gateway", False) == (check.name, check.ok)
    assert "GATEWAY_CA_FILE" in check.remedy


async def test_nothing_is_changed_in_slack(good: dict[str, Any], slack: LoopbackSlack) -> None:
    """The doctor asks who it is and for a socket's address, and posts nothing."""
    await checks(good)
    assert ["auth.test", "apps.connections.open"] == [call.method for call in slack.calls]
    assert [] == slack.messages


@pytest.mark.parametrize(
    ("change", "code"),
    [({}, 0), ({"slack_bot_token": "xoxb-C4NARY"}, 1), ({"gateway_token": "BAD000"}, 1)],
    ids=["well", "slack", "gateway"],
)
@pytest.mark.parametrize("as_json", [True, False], ids=["json", "text"])
async def test_exit_code_and_secrets(
    good: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    change: dict[str, str],
    code: int,
    as_json: bool,
) -> None:
    """The report ends in 1 if one check failed, and never holds a secret."""
    assert code == await report(Settings.of(**{**good, **change}), as_json=as_json)
    told = "".join(capsys.readouterr())
    assert [] == [secret for secret in (*SECRETS, *change.values()) if secret in told]


async def test_json_is_one_check_a_line(
    good: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """With --json each line is a check with its name, verdict, detail and remedy."""
    await report(Settings.of(**good), as_json=True)
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [["name", "ok", "detail", "remedy"]] * 6 == [list(check) for check in found]


async def test_text_marks_failures_by_a_word(
    good: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Without colours too, a failed check is told from a good one, and its remedy stands below."""
    await report(Settings.of(**{**good, "gateway_token": "BAD000"}), as_json=False)
    lines = capsys.readouterr().out.splitlines()
    starts = [line.split()[:2] for line in lines if line.startswith(("ok", "FAIL"))]
    assert ["FAIL", "gateway:"] == starts[-1]
    assert ["ok"] * 5 == [word for word, _ in starts[:-1]]
    assert any(line.strip().startswith("→") for line in lines)
