"""Named checks of an installation, each with its remedy; in English, for operators.

The checks change nothing: one `auth.test`, one socket address that is not used, one look-up of an
id that cannot exist.
"""

from __future__ import annotations

import ipaddress
import json
import secrets
from collections.abc import AsyncGenerator, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import aiohttp
from rich.table import Table
from rich.text import Text

from bot.commands.doctor_remedies import off_without, remedy_for_code, remedy_for_error
from bot.commands.exit_codes import FAILED, OK
from bot.composition.connections import (
    Now,
    gateway_host,
    gateway_of,
    revealed,
    slack_client,
    slack_session,
    utc_now,
)
from bot.domain.call_status import GatewayCode
from bot.domain.input.message_id import MessageId
from bot.domain.texts.catalog import Language
from bot.domain.timing import Timing
from bot.gateway.protocol.errors import GatewayError
from bot.locales import load_catalog
from bot.settings.hints import HINTS
from bot.settings.names import foreign_names, meant_by, unknown_names
from bot.settings.settings import Mode, Settings
from bot.slack.api.errors import SlackRefusedError, SlackUnreachableError
from bot.slack.api.workspace import Workspace, find_workspace
from bot.slack.cards.terminal import console
from bot.slack.inbound.socket_mode import socket_address
from bot.slack.manifest import OPTIONAL_SCOPES, SCOPES
from bot.telemetry import configure_logging

# Slack's signatures are refused if the clocks differ by more than five minutes.
_SKEW_LIMIT_SECONDS: Final = 300
_SKEW_WORTH_SAYING_SECONDS: Final = 30
# Slack's signing secrets are 32 hexadecimal digits.
_SHORTEST_SECRET: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the doctor's report.

    Attributes:
        detail: the observation.
        remedy: how to fix it; empty without a problem. On an `ok` check it is a warning.
    """

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def _ok(name: str, detail: str, remedy: str = "") -> Check:
    return Check(name=name, ok=True, detail=detail, remedy=remedy)


def _failed(name: str, detail: str, remedy: str) -> Check:
    return Check(name=name, ok=False, detail=detail, remedy=remedy)


async def examine(
    settings: Settings, *, now: Now = utc_now, timing: Timing = Timing()
) -> AsyncGenerator[Check, None]:
    """Run all checks in order; yields each as soon as it is done."""
    yield _ok("settings", f"complete for {settings.mode.value} mode")
    for warning in (*_misspelt_settings(), *_weak_settings(settings)):
        yield warning
    async with slack_session() as session:
        workspace, token_check = await _check_token(settings, session)
        yield token_check
        if workspace is not None:
            yield _check_scopes(workspace)
            yield _check_clock(workspace.server_time, now())
            for warning in _unknown_colleagues(settings, workspace):
                yield warning
        if settings.mode is Mode.SOCKET:
            yield await _check_app_token(settings, session)
    yield await _check_gateway(settings, timing)


def _misspelt_settings() -> Iterator[Check]:
    """Variables that resemble settings and have no effect."""
    for name in foreign_names(unknown_names()):
        meant = meant_by(name)
        hint = f"Did you mean {meant}? " if meant else ""
        yield _ok("setting", f"{name} is set and is not a setting", f"{hint}Rename or unset it.")


def _weak_settings(settings: Settings) -> Iterator[Check]:
    """Settings that work but are risky."""
    secret = revealed(settings.slack_signing_secret)
    if settings.mode is Mode.HTTP and len(secret) < _SHORTEST_SECRET:
        yield _ok(
            "signing secret",
            f"shorter than {_SHORTEST_SECRET} characters; Slack's have 32",
            f"Check SLACK_SIGNING_SECRET: {HINTS['SLACK_SIGNING_SECRET']}.",
        )
    host = gateway_host(settings)
    if settings.gateway_url.startswith("http://") and not _is_loopback(host):
        yield _ok(
            "gateway address",
            f"the keys travel unencrypted to {host}",
            "Begin GATEWAY_URL with https://.",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


async def _check_token(
    settings: Settings, session: aiohttp.ClientSession
) -> tuple[Workspace | None, Check]:
    try:
        workspace = await find_workspace(slack_client(settings, session))
    except SlackRefusedError as error:
        return None, _failed(
            "slack token",
            f"Slack refuses it: {error.error}",
            f"Set SLACK_BOT_TOKEN: {HINTS['SLACK_BOT_TOKEN']}.",
        )
    except SlackUnreachableError as error:
        return None, _slack_unreachable("slack token", error)
    detail = f"{workspace.bot_user} in {workspace.team} ({workspace.team_id})"
    return workspace, _ok("slack token", detail)


def _slack_unreachable(name: str, error: SlackUnreachableError) -> Check:
    return _failed(
        name,
        f"Slack cannot be reached: {error.reason}",
        "Check SLACK_API_URL, the network and the proxy of this machine.",
    )


def _check_scopes(workspace: Workspace) -> Check:
    if not workspace.scopes:
        return _ok("scopes", "Slack did not say which ones the token has")
    missing = sorted(set(SCOPES) - workspace.scopes)
    if missing:
        return _failed(
            "scopes",
            f"missing: {', '.join(missing)}",
            "Update the app with the output of `voicestatus manifest` and reinstall it.",
        )
    left_out = set(OPTIONAL_SCOPES) - workspace.scopes
    detail = ", ".join(sorted(SCOPES))
    if left_out:
        detail += f"; optional, not granted: {off_without(left_out)}"
    return _ok("scopes", detail)


def _unknown_colleagues(settings: Settings, workspace: Workspace) -> Iterator[Check]:
    """Users of the organisation's other workspaces, if nothing marks these as its own."""
    known = workspace.org_wide or "users:read" in workspace.scopes or settings.bot_own_teams
    if workspace.enterprise_id is not None and not known:
        yield _ok(
            "colleagues",
            f"people of other workspaces of {workspace.enterprise_id} count as outsiders",
            f"Grant users:read, or set BOT_OWN_TEAMS: {HINTS['BOT_OWN_TEAMS']}.",
        )


def _check_clock(server_time: str, ours: datetime) -> Check:
    try:
        theirs = parsedate_to_datetime(server_time)
    except (TypeError, ValueError):
        return _ok("clock", "Slack did not send its time")
    skew = abs((ours - theirs.astimezone(UTC)).total_seconds())
    if skew <= _SKEW_WORTH_SAYING_SECONDS:
        return _ok("clock", f"within {_SKEW_WORTH_SAYING_SECONDS} s")
    return Check(
        name="clock",
        ok=skew < _SKEW_LIMIT_SECONDS,
        detail=f"{skew:.0f} s away from Slack's; from {_SKEW_LIMIT_SECONDS} s on requests fail",
        remedy="Set this machine's clock by NTP.",
    )


async def _check_app_token(settings: Settings, session: aiohttp.ClientSession) -> Check:
    client, token = slack_client(settings, session), revealed(settings.slack_app_token)
    try:
        await socket_address(client, token)
    except SlackRefusedError as error:
        return _failed(
            "app token",
            f"Slack refuses it: {error.error}",
            f"Set SLACK_APP_TOKEN: {HINTS['SLACK_APP_TOKEN']}. "
            "Socket Mode must be on in the app's settings.",
        )
    except SlackUnreachableError as error:
        return _slack_unreachable("app token", error)
    return _ok("app token", "Socket Mode can be opened")


async def _check_gateway(settings: Settings, timing: Timing) -> Check:
    """An id that cannot exist must get the code 023: then address and keys are right."""
    host = gateway_host(settings)
    impossible = MessageId(f"DOCTOR-{secrets.token_hex(12)}")
    try:
        async with gateway_of(settings, timing=timing) as gateway:
            found = await gateway.status(impossible)
    except (OSError, ValueError):
        return _failed(
            "gateway",
            f"{host}: the connection cannot be set up",
            "Check GATEWAY_URL, GATEWAY_PROXY and GATEWAY_CA_FILE.",
        )
    if isinstance(found, GatewayError):
        return _failed("gateway", f"{host}: {found}", remedy_for_error(found, host))
    code = found.status.gateway_code
    if code == GatewayCode.NOT_FOUND:
        where = f"{host} (the sandbox)" if found.sandbox else host
        return _ok("gateway", f"{where} answers and takes the keys")
    entry = load_catalog(Language.ENGLISH).gateway(code) if code is not None else None
    answered = f"{code} ({entry.title})" if entry is not None else "something else"
    return _failed(
        "gateway",
        f"{host} answered {answered} where {GatewayCode.NOT_FOUND} was due",
        remedy_for_code(entry.code if entry is not None else None, host),
    )


async def report(settings: Settings, *, as_json: bool, timing: Timing = Timing()) -> int:
    """Print the checks as they are done; 1 if one of them failed."""
    configure_logging(level="ERROR", json=False)
    failed = False
    async for check in examine(settings, timing=timing):
        failed = failed or not check.ok
        if as_json:
            print(json.dumps(asdict(check), ensure_ascii=False), flush=True)  # noqa: T201
        else:
            _print_check(check)
    return FAILED if failed else OK


def _print_check(check: Check) -> None:
    """The check's lines; a line that is too long continues below, indented."""
    lines = Table.grid(padding=(0, 2, 0, 0))
    remedy = Table.grid(padding=(0, 1, 0, 0))
    remedy.add_row("→", Text(check.remedy))
    lines.add_row(_mark(check), Text.assemble((f"{check.name}: ", "bold"), check.detail))
    if check.remedy:
        lines.add_row("", remedy)
    console().print(lines)


def _mark(check: Check) -> Text:
    if not check.ok:
        return Text("FAIL", style="bold red")
    return Text("warn", style="yellow") if check.remedy else Text("ok  ", style="green")
