from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.commands.doctor import examine, report
from bot.commands.doctor_checks import (
    Check,
    of_database,
    remedy_for_code,
    remedy_for_error,
    storage_failed,
    weak_settings,
)
from bot.composition.bootstrap import running_bot
from bot.composition.configured import Now, utc_now
from bot.composition.terminal import open_installation
from bot.domain.texts.catalog import Kind
from bot.domain.timing import Timing
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.fake_slack.state import workspace as made_up
from bot.gateway.protocol.errors import HttpError, TlsCertificate, TlsError, TlsFailed, TlsVersion
from bot.gateway.sandbox.server import running_sandbox
from bot.locales import load_remedies
from bot.settings.names import forms
from bot.settings.settings import Mode, Settings
from bot.slack.manifest import OPTIONAL_SCOPES
from bot.storage.errors import StorageError
from bot.storage.trial import Trial
from tests.support.error_tree import LEAVES
from tests.support.voicestatus_process import CREDENTIAL, TOKEN, Voicestatus, as_in_a_new_process
from tests.support.wording import EN

SECRETS = (made_up.BOT_TOKEN, made_up.APP_TOKEN, made_up.SIGNING_SECRET, CREDENTIAL, TOKEN)
SET_CLOCK = "Set this machine's clock by NTP."
# The checks that need nobody else.
FIRST = ("settings", "database")
SLACK = ("slack token", "scopes", "clock", "app token")
NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
# A port without a listener.
NOBODY = "http://127.0.0.1:9/"
# Retries follow immediately.
AT_ONCE = Timing(retry_initial=0, retry_jitter=0, retry_max=0)


@pytest.fixture(autouse=True)
def _new() -> Iterator[None]:
    """A report configures the logging of the process."""
    with as_in_a_new_process():
        yield


@pytest.fixture
async def slack() -> AsyncIterator[LoopbackSlack]:
    """A Slack on loopback."""
    async with running_slack() as running:
        yield running


@pytest.fixture(scope="module")
async def gateway_url() -> AsyncIterator[str]:
    """A sandbox gateway on loopback."""
    async with running_sandbox(port=0) as url:
        yield url


@pytest.fixture
def good(slack: LoopbackSlack, gateway_url: str, tmp_path: Path) -> dict[str, Any]:
    """Settings of Socket Mode with which all is well."""
    return {
        "database_url": f"sqlite:///{tmp_path}/voicestatus.db",
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


async def checks(settings: dict[str, Any], *problems: str, now: Now = utc_now) -> dict[str, Check]:
    """The doctor's checks by their names."""
    found = examine(Settings.of(**settings), problems, now=now, timing=AT_ONCE)
    return {check.name: check async for check in found}


@asynccontextmanager
async def serving(
    body: str, *, content_type: str = "text/html", date: str | None = None, status: int = 200
) -> AsyncIterator[str]:
    """A server that gives the same answer to every request."""

    async def answer(_: web.Request) -> web.Response:
        headers = {} if date is None else {"Date": date}
        return web.Response(text=body, headers=headers, content_type=content_type, status=status)

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
    named = '{"ok": true, "team_id": "T1", "user_id": "U1"}'
    return serving(named, content_type="application/json", date=date)


@pytest.mark.parametrize(
    ("way", "names"),
    [
        (Mode.SOCKET, [*FIRST, *SLACK, "gateway"]),
        (Mode.HTTP, [*FIRST, "slack token", "scopes", "clock", "gateway"]),
    ],
    ids=["socket", "http"],
)
async def test_all_is_well(good: dict[str, Any], way: Mode, names: list[str]) -> None:
    """Without a problem each check prints one line, without a remedy; but this is the sandbox."""
    found = await checks({**good, "bot_mode": way})
    levels = [*((name, "ok") for name in names[:-1]), ("gateway", "warn")]
    assert levels == [(check.name, check.level) for check in found.values()]
    assert "For real calls, set GATEWAY_URL" in found["gateway"].remedy


async def test_lines_say_what_was_seen(good: dict[str, Any]) -> None:
    """The operator sees which bot in which workspace, and that the gateway is the sandbox."""
    found = await checks(good)
    assert "voicestatus in Loopback Support (T0LOOPBACK1)" == found["slack token"].detail
    needed, _, left_out = found["scopes"].detail.partition("; ")
    assert "app_mentions:read, chat:write, commands, im:history" == needed
    assert left_out.startswith("optional, not granted: channels:history, groups:history, im:write")
    assert "files:read (lists in files are not read, so people paste their ids)" in left_out
    assert "127.0.0.1 (the sandbox) answers and accepts the keys" == found["gateway"].detail


async def test_a_database_that_can_be_used(good: dict[str, Any], tmp_path: Path) -> None:
    """It is tried as this user; a new one is called that, and no file is made."""
    file, user = tmp_path / "voicestatus.db", f"user {os.geteuid()}"
    check = (await checks(good))["database"]
    assert (True, "") == (check.ok, check.remedy)
    assert f"none yet; `run` as {user} creates {file}" == check.detail
    assert [] == sorted(tmp_path.glob("*"))  # noqa: ASYNC240 - a folder of the test
    file.touch()
    assert f"{user} can use {file}" == (await checks(good))["database"].detail


@pytest.mark.parametrize(
    ("problems", "unset", "left"),
    [
        (
            ["SLACK_BOT_TOKEN and SLACK_APP_TOKEN are swapped."],
            ["slack_bot_token", "slack_app_token"],
            ["database", "gateway"],
        ),
        (
            ["SLACK_APP_TOKEN is missing: xapp-…"],
            ["slack_app_token"],
            ["database", "slack token", "scopes", "clock", "gateway"],
        ),
        (["SLACK_API_URL leads to"], [], ["database", "gateway"]),
        (["GATEWAY_TOKEN is missing: …"], ["gateway_token"], ["database", *SLACK]),
        (["GATEWAY_URL leads to"], [], ["database", *SLACK]),
        (["DATABASE_URL is wrong."], [], [*SLACK, "gateway"]),
        ([".env: line 3 cannot be read."], [], ["database", *SLACK, "gateway"]),
    ],
)
async def test_what_does_not_need_a_wrong_setting_is_checked(
    good: dict[str, Any], problems: list[str], unset: list[str], left: list[str]
) -> None:
    """The gateway without Slack, Slack without the gateway; each problem is a line."""
    found = await checks({**good, **dict.fromkeys(unset)}, *problems)
    assert ["settings", *left] == list(found)
    said = (found["settings"].detail, found["settings"].remedy)
    assert (False, problems[-1]) == (
        found["settings"].ok,
        ": ".join(filter(None, said)).replace("Set it: ", ""),
    )
    assert all(check.ok for name, check in found.items() if name != "settings")


async def test_the_audit_is_not_checked_with_another_key(good: dict[str, Any]) -> None:
    """A wrong key would make it look changed."""
    settings = Settings.of(**good, bot_port=0)
    async with running_bot(settings), open_installation(settings) as installation:
        installation.records.acted(installation.asked, "export")
    for wrong in ([], ["BOT_HASH_KEY is wrong."]):
        assert ("audit" in await checks(good, *wrong)) is not bool(wrong)


async def test_what_is_wrong_is_said_once(
    good: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name or an address that stops the start is no warning beside that."""
    monkeypatch.setenv("ALOWED_USERS", "U1")
    (Path.cwd() / ".env").write_text("no setting\n")
    url = {"gateway_url": "http://gateway.invalid/"}
    problems = ".env: line 1 cannot", "ALOWED_USERS isn't", "GATEWAY_URL leads to"
    found = await checks({**good, **url}, *problems)
    assert ["settings", "database", *SLACK] == list(found)


def test_the_doctor_goes_on_after_wrong_settings(
    bare: Voicestatus, gateway: dict[str, str]
) -> None:
    """Without Slack the gateway can be tried; the exit code is that of a start."""
    end = bare.having(**gateway, BOT_HOST="http://x").run("doctor", "--json")
    found = [json.loads(line) for line in end.out.splitlines()]
    assert (2, "") == (end.code, end.err)
    assert [("settings", False)] * 3 + [("database", True), ("gateway", True)] == [
        (check["name"], check["ok"]) for check in found
    ]
    assert all(check["remedy"] for check in found[:3])
    (Path(bare.directory) / ".env").write_bytes(b"\xff")
    end = bare.run("doctor", "--json")
    assert (2, "") == (end.code, end.err)
    assert json.loads(end.out)["detail"].startswith(".env is not a text file")


async def test_a_database_that_cannot_be_used(good: dict[str, Any], tmp_path: Path) -> None:
    """The problem and the remedy are those of a start; the other checks go on."""
    found = await checks({**good, "database_url": f"sqlite:///{tmp_path}/absent/v.db"})
    check = found["database"]
    assert not check.ok
    assert f"The folder {tmp_path}/absent does not exist. [ENOENT]" == check.detail
    assert f"mkdir -p {tmp_path}/absent && chown {os.geteuid()} " in check.remedy
    assert found["gateway"].ok


def test_a_database_without_a_file_or_a_fact() -> None:
    """PostgreSQL has no file to name, and not every error a fact."""
    check = of_database(Trial(file=None))
    assert (True, "can be used", "") == (check.ok, check.detail, check.remedy)
    check = storage_failed(StorageError("A problem.", remedy="A remedy."))
    assert (False, "A problem.", "A remedy.") == (check.ok, check.detail, check.remedy)


@pytest.mark.parametrize(
    ("elsewhere", "detail", "warned"),
    [
        (0, "Socket Mode can be opened; no other connections of this app", ""),
        (1, "Socket Mode can be opened; 1 other connection of this app", "Slack counts 2 "),
        (3, "Socket Mode can be opened; 3 other connections of this app", "Slack counts 4 "),
    ],
)
async def test_other_connections_of_the_app_are_counted(
    good: dict[str, Any], slack: LoopbackSlack, elsewhere: int, detail: str, warned: str
) -> None:
    """They answer a part of the questions; the doctor's own connection is closed again."""
    slack.socket.elsewhere = elsewhere
    check = (await checks(good))["app token"]
    assert (True, detail) == (check.ok, check.detail)
    assert check.remedy.startswith(warned)
    assert bool(warned) == bool(check.remedy)
    await slack.ledger.wait_for(lambda: not slack.socket.connections, 20)


async def test_a_running_bot_on_the_same_database_is_no_stranger(
    good: dict[str, Any], tmp_path: Path
) -> None:
    """Its connection is one that belongs here."""
    good["database_url"] = f"sqlite:///{tmp_path}/voicestatus.db"
    async with running_bot(Settings.of(**good, bot_port=0)):
        check = (await checks(good))["app token"]
    assert (True, "") == (check.ok, check.remedy)
    assert "1 other connection of this app" in check.detail


async def test_too_many_connections_of_the_app(good: dict[str, Any], slack: LoopbackSlack) -> None:
    """Slack's word is shown, with its remedy."""
    slack.socket.elsewhere = 10
    check = (await checks(good))["app token"]
    assert (False, "Slack ends the connection: too_many_websockets") == (check.ok, check.detail)
    assert load_remedies()["socket_end"]["too_many_websockets"] == check.remedy


async def test_a_count_that_is_none(good: dict[str, Any], slack: LoopbackSlack) -> None:
    """Nothing is said of other connections."""
    slack.socket.elsewhere = -1
    check = (await checks(good))["app token"]
    assert (True, "Socket Mode can be opened", "") == (check.ok, check.detail, check.remedy)


async def test_bot_token_that_slack_refuses(good: dict[str, Any]) -> None:
    """The line names Slack's word and the setting; checks that need the token are skipped."""
    found = await checks({**good, "slack_bot_token": "xoxb-of-somebody-else"})
    check = found["slack token"]
    assert (False, "Slack refuses it: invalid_auth") == (check.ok, check.detail)
    assert "SLACK_BOT_TOKEN" in check.remedy
    assert [*FIRST, "slack token", "app token", "gateway"] == list(found)


@pytest.mark.parametrize("missing", ["app_mentions:read", "chat:write", "commands", "im:history"])
async def test_missing_scope(good: dict[str, Any], slack: LoopbackSlack, missing: str) -> None:
    """A scope that the token lacks is named, with the way to get it."""
    slack.workspace.scopes.discard(missing)
    check = (await checks(good))["scopes"]
    assert (False, f"missing: {missing}") == (check.ok, check.detail)
    assert "voicestatus manifest" in check.remedy


async def test_colleagues_whom_nothing_tells_from_outsiders(
    good: dict[str, Any], slack: LoopbackSlack
) -> None:
    """In an organisation; each of the three ways to know them is enough."""
    slack.workspace.enterprises[made_up.TEAM_ID] = made_up.ENTERPRISE_ID
    unknown = (await checks(good))["colleagues"]
    set_by_hand = await checks({**good, "bot_own_teams": {made_up.SISTER_TEAM_ID}})
    slack.workspace.scopes.add("users:read")
    by_profile = await checks(good)
    slack.workspace.scopes.discard("users:read")
    slack.workspace.org_wide = True
    listed = await checks(good)

    assert unknown.ok
    assert made_up.ENTERPRISE_ID in unknown.detail
    assert "users:read" in unknown.remedy
    assert "BOT_OWN_TEAMS" in unknown.remedy
    assert not any("colleagues" in found for found in (set_by_hand, by_profile, listed))


async def test_app_token_that_slack_refuses(good: dict[str, Any]) -> None:
    """A wrong app token has its own line, and the bot token is still reported as good."""
    found = await checks({**good, "slack_app_token": "xapp-of-somebody-else"})
    check = found["app token"]
    assert (True, False) == (found["slack token"].ok, check.ok)
    assert "Slack refuses it: invalid_auth" == check.detail
    assert "SLACK_APP_TOKEN" in check.remedy


async def test_all_optional_scopes_are_nothing_to_speak_of(
    good: dict[str, Any], slack: LoopbackSlack
) -> None:
    """Only the missing scopes are named."""
    slack.workspace.scopes |= set(OPTIONAL_SCOPES)
    check = (await checks(good))["scopes"]

    assert (True, "app_mentions:read, chat:write, commands, im:history") == (check.ok, check.detail)


def test_it_is_known_what_is_off_without_each_optional_scope() -> None:
    """No scope of the manifest is without its sentence."""
    assert set(OPTIONAL_SCOPES) == set(load_remedies()["scope"])


async def test_app_token_without_its_scope(good: dict[str, Any], slack: LoopbackSlack) -> None:
    """An app token without connections:write is refused, and the remedy names the scope."""
    slack.workspace.app_scopes.clear()
    check = (await checks(good))["app token"]
    assert (False, "Slack refuses it: missing_scope") == (check.ok, check.detail)
    assert "connections:write" in check.remedy


async def test_slack_that_gives_no_answer(good: dict[str, Any], slack: LoopbackSlack) -> None:
    """Both tokens are reported as unreachable, and the gateway is still checked."""
    slack.fail_next("auth.test", error="internal_error", status=500)
    slack.fail_next("apps.connections.open", error="internal_error", status=500)
    found = await checks(good)
    assert [*FIRST, "slack token", "app token", "gateway"] == list(found)
    remedy = load_remedies()["slack"]["unreachable"]
    assert [(False, "Slack cannot be reached: internal_error", remedy)] * 2 == [
        (check.ok, check.detail, check.remedy)
        for check in (found["slack token"], found["app token"])
    ]
    assert found["gateway"].ok


@pytest.mark.parametrize("reason", ["internal_error", "socket_mode_disabled"])
async def test_slack_that_answers_with_another_error(
    good: dict[str, Any], slack: LoopbackSlack, reason: str
) -> None:
    """It was reached, so neither the address nor the network is to blame."""
    slack.fail_next("apps.connections.open", error=reason)
    check = (await checks(good))["app token"]
    remedy = load_remedies()["slack"]["answered"]
    assert (f"Slack answers: {reason}", remedy) == (check.detail, check.remedy)


async def test_slack_that_is_something_else(good: dict[str, Any]) -> None:
    """A page in place of Slack leads to no traceback either."""
    async with serving("<html>sign in to the network</html>") as url:
        check = (await checks({**good, "slack_api_url": url}))["slack token"]
    assert not check.ok
    assert check.remedy


@pytest.mark.parametrize(
    ("skew", "ok", "detail", "remedy"),
    [
        (0, True, "within 30 s", ""),
        (30, True, "within 30 s", ""),
        (-31, True, "31 s off Slack's clock; at 300 s, requests fail", SET_CLOCK),
        (299, True, "299 s off Slack's clock; at 300 s, requests fail", SET_CLOCK),
        (300, False, "300 s off Slack's clock; at 300 s, requests fail", SET_CLOCK),
        (-300, False, "300 s off Slack's clock; at 300 s, requests fail", SET_CLOCK),
    ],
)
async def test_skewed_clock(
    good: dict[str, Any], skew: int, ok: bool, detail: str, remedy: str
) -> None:
    """From five minutes on Slack's signatures are refused; half a minute is worth a word."""
    theirs = (NOON + timedelta(seconds=skew)).astimezone(timezone(timedelta(hours=-3)))
    async with slack_at(format_datetime(theirs)) as url:
        settings = {**good, "slack_api_url": url, "bot_mode": Mode.HTTP}
        check = (await checks(settings, now=lambda: NOON))["clock"]
    assert (ok, detail, remedy) == (check.ok, check.detail, check.remedy)


@pytest.mark.parametrize("date", ["yesterday", ""], ids=["unreadable", "empty"])
async def test_clock_that_slack_does_not_tell(good: dict[str, Any], date: str) -> None:
    """Without a readable time the doctor does not judge the clock."""
    async with slack_at(date) as url:
        check = (await checks({**good, "slack_api_url": url, "bot_mode": Mode.HTTP}))["clock"]
    assert (True, "Slack didn't send its time") == (check.ok, check.detail)


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
    """The gateway's code is explained in English, with the setting to check, in any language."""
    check = (await checks({**good, **settings, "bot_language": "pt-BR"}))["gateway"]
    title = EN.gateway(code).title
    assert not check.ok
    assert f"127.0.0.1 answered {code} ({title}) instead of 023" == check.detail
    (name,) = settings
    assert f"Check {name.upper()}: {forms()[name.upper()]}." == check.remedy


async def test_gateway_that_refuses_connections(good: dict[str, Any]) -> None:
    """No server listens at the gateway's address."""
    check = (await checks({**good, "gateway_url": NOBODY}))["gateway"]
    assert (False, True) == (check.ok, check.detail.startswith("127.0.0.1: connection_refused: "))
    assert "host and port in GATEWAY_URL" in check.remedy


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (404, "Check GATEWAY_URL: 127.0.0.1 answered HTTP 404."),
        (307, "Check GATEWAY_URL: 127.0.0.1 answered HTTP 307, a redirect, "),
        (503, "Wait a few minutes and try again: 127.0.0.1 answered HTTP 503. "),
    ],
)
async def test_gateway_that_answers_with_another_status(
    good: dict[str, Any], status: int, remedy: str
) -> None:
    """The remedy addresses the operator, and includes the answer."""
    async with serving("gone", status=status) as url:
        check = (await checks({**good, "gateway_url": url}))["gateway"]
    assert not check.ok
    assert check.remedy.startswith(remedy)


async def test_gateway_that_is_a_page(good: dict[str, Any]) -> None:
    """An HTML page in place of the gateway is reported as not SOAP."""
    async with serving("<html>welcome</html>") as url:
        check = (await checks({**good, "gateway_url": url}))["gateway"]
    assert (False, True) == (check.ok, check.detail.startswith("127.0.0.1: not_soap: "))
    assert "GATEWAY_URL" in check.remedy


async def test_gateway_that_speaks_no_tls(good: dict[str, Any]) -> None:
    """An https address of a plain HTTP port leads to a remedy about scheme and port."""
    url = good["gateway_url"].replace("http:", "https:")
    check = (await checks({**good, "gateway_url": url}))["gateway"]
    assert (False, True) == (check.ok, check.detail.startswith("127.0.0.1: tls: "))
    assert check.remedy.startswith("Check scheme and port in GATEWAY_URL")


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (TlsCertificate("CERT_HAS_EXPIRED"), "GATEWAY_CA_FILE"),
        (TlsVersion("TLSV1_ALERT_PROTOCOL_VERSION"), "TLS 1.2"),
        (TlsFailed("WRONG_VERSION_NUMBER"), "scheme and port"),
    ],
)
def test_a_handshake_that_fails_has_advice_of_its_own(error: TlsError, remedy: str) -> None:
    """It says what to check, quotes OpenSSL's word, and never advises to disable the check."""
    printed = remedy_for_error(error, "gateway.example")
    assert remedy in printed
    assert error.fact in printed
    assert not re.search("verif|disable|insecure", printed)


async def test_gateway_that_knows_the_impossible(good: dict[str, Any]) -> None:
    """A status for an id that cannot exist does not come from the real gateway."""
    result = '<MPG_Status_VoiceResult xmlns="https://pw-api.com/">ok:85.00</MPG_Status_VoiceResult>'
    soap = "http://schemas.xmlsoap.org/soap/envelope/"
    envelope = f'<E:Envelope xmlns:E="{soap}"><E:Body>{result}</E:Body></E:Envelope>'
    async with serving(envelope, content_type="text/xml") as url:
        check = (await checks({**good, "gateway_url": url}))["gateway"]
    assert "127.0.0.1 answered something else instead of 023" == check.detail
    assert "Check GATEWAY_URL: 127.0.0.1 gave the status of a call" in check.remedy


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("gateway_url", "http://gateway.invalid/service.asmx", "GATEWAY_URL leads to another"),
        ("database_url", "postgresql://db/x", "DATABASE_URL leads to another"),
        ("database_url", "postgresql://db/x?sslmode=require", "the certificate of the PostgreSQL"),
        ("database_url", "postgresql://db/x?sslmode=verify-ca", "the name of the PostgreSQL"),
        ("database_url", "postgresql://db/x?sslmode=verify-full", None),
        ("gateway_url", "http://[::1]:9/", None),
    ],
)
def test_a_weak_connection_is_warned_of(name: str, value: str, words: str | None) -> None:
    """What a start refuses unless it is allowed, and what it does not notice; with a remedy."""
    found = [*weak_settings(Settings.of(**{name: value}, allow_clear_text=True))]
    warned = [one.detail.startswith(words or "") for one in found if one.ok and one.remedy]
    assert ([] if words is None else [True]) == warned


async def test_what_an_operator_should_know_of_the_settings_is_a_warning(
    good: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each with what to do; no value is shown."""
    for name, value in {
        "GATEWAY_TIMEOUT": "5",
        "BOT_HASH_KEY": "'C4NARY'",
        "BOT_PORT": "tcp://h:1",
    }.items():
        monkeypatch.setenv(name, value)
    warnings = [check async for check in examine(Settings.of(**good)) if check.name == "setting"]
    assert ["GATEWAY_TIMEOUT", "BOT_HASH_KEY", "BOT_PORT"] == [
        w.detail.split()[0] for w in warnings
    ]
    assert all(warning.ok and warning.remedy for warning in warnings)
    assert "C4NARY" not in repr(warnings)


def test_every_error_has_its_remedy() -> None:
    """Each error has its own sentence for the operator, which mentions neither agent nor circle."""
    errors = load_remedies()["error"]
    assert {error.code for error in LEAVES} == set(errors)
    assert len(errors) == len(set(errors.values()))
    remedies = {
        error.code: remedy_for_error(
            error("HTTP 599" if issubclass(error, HttpError) else ""),
            "gateway.example",
        )
        for error in LEAVES
    }
    assert [] == [
        (code, remedy)
        for code, remedy in remedies.items()
        if not re.search(r"GATEWAY_[A-Z]+|gateway\.example", remedy)
        or re.search(r"[{}]|whoever runs|doctor|voicestatus", remedy)
    ]


def test_every_code_of_the_gateway_has_its_remedy() -> None:
    """The table knows the codes of the language files, but the one that is due."""
    codes = {entry.code for entry in EN.of_kind(Kind.GATEWAY)} - {"023"}
    assert codes | {"none"} == set(load_remedies()["code"])
    remedies = [remedy_for_code(code, "gateway.example") for code in [*codes, None]]
    assert [] == [r for r in remedies if re.search(r"whoever runs|doctor|[{}]", r)]


async def test_gateway_that_cannot_be_set_up(good: dict[str, Any], tmp_path: Any) -> None:
    """A file of certificates that vanished after the start of checks is a line, no traceback."""
    gone = {"gateway_url": "https://127.0.0.1:9/", "gateway_ca_file": tmp_path / "gone.pem"}
    settings = Settings.of(**good).model_copy(update=gone)
    check = [check async for check in examine(settings)][-1]
    assert ("gateway", False) == (check.name, check.ok)
    assert "GATEWAY_CA_FILE" in check.remedy


async def test_nothing_is_changed_in_slack(good: dict[str, Any], slack: LoopbackSlack) -> None:
    """The doctor checks its identity and a socket's address, and posts nothing."""
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
    """The report ends in 1 if one check failed, and never contains a secret."""
    assert code == await report(Settings.of(**{**good, **change}), as_json=as_json)
    printed = "".join(capsys.readouterr())
    assert [] == [secret for secret in (*SECRETS, *change.values()) if secret in printed]


async def test_json_is_one_check_a_line(
    good: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """With --json each line is a check with its name, verdict, detail, remedy and level."""
    await report(Settings.of(**good), as_json=True)
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [["name", "ok", "detail", "remedy", "level"]] * 7 == [list(check) for check in found]
    levels = {True: {"ok", "warn"}, False: {"fail"}}
    assert [] == [check for check in found if check["level"] not in levels[check["ok"]]]
    assert [] == [one for one in found if (one["level"] == "ok") is bool(one["remedy"])]


async def test_text_marks_failures_by_a_word(
    good: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Without colours too, a failed check differs from a good one, and its remedy is below."""
    await report(Settings.of(**{**good, "gateway_token": "BAD000"}), as_json=False)
    lines = capsys.readouterr().out.splitlines()
    starts = [line.split()[:2] for line in lines if line.startswith(("ok", "FAIL"))]
    assert ["FAIL", "gateway:"] == starts[-1]
    assert ["ok"] * 6 == [word for word, _ in starts[:-1]]
    assert any(line.strip().startswith("→") for line in lines)


async def test_long_lines_go_on_under_their_beginning(
    good: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrapped lines are indented, so that each check is distinct from the next."""
    refusing = {"gateway_url": NOBODY}
    await report(Settings.of(**{**good, **refusing}), as_json=False, timing=AT_ONCE)
    out = capsys.readouterr().out
    lines = out[out.index("FAIL") :].splitlines()
    remedy = next(number for number, line in enumerate(lines) if "→" in line)
    assert lines[0].startswith("FAIL  gateway: ")
    assert lines[remedy].startswith("      → Check host and port")
    assert len(lines) > remedy + 1
    assert [] == [line for line in lines[1:remedy] if not re.match(r" {6}\S", line)]
    assert [] == [line for line in lines[remedy + 1 :] if not re.match(r" {8}\S", line)]


async def test_warnings_are_marked_by_a_word(
    good: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A warning is neither well nor failed, and the exit code stays 0."""
    monkeypatch.setenv("BOT_LOGLEVEL", "INFO")
    assert 0 == await report(Settings.of(**good), as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert ["warn  setting: BOT_LOGLEVEL is set, but isn't a setting"] == [
        line.rstrip() for line in lines if line.startswith("warn  setting")
    ]
