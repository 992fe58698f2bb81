"""Named checks of an installation, each with its remedy. Read by operators, so in English.

Nothing is changed anywhere: one `auth.test`, one socket address that is not used, one look-up of
an id that cannot exist.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import aiohttp
from rich.text import Text

from bot.connections import gateway_host, gateway_of, slack_client, slack_session
from bot.domain.explanation import LookupFailure, explain
from bot.domain.message_id import MessageId
from bot.gateway.errors import GatewayError
from bot.locales import load_catalog
from bot.manifest import SCOPES
from bot.settings import Mode, Settings
from bot.settings_forms import FORMS
from bot.slack.refusals import SlackRefusedError, SlackUnreachableError
from bot.slack.socket import socket_address
from bot.slack.workspace import Workspace, find_workspace
from bot.telemetry import configure_logging
from bot.terminal import console

# Slack's signatures are refused when the clocks differ by more than five minutes.
_SKEW_LIMIT_SECONDS: Final = 300
_SKEW_WORTH_SAYING_SECONDS: Final = 30
_NOT_FOUND: Final = "023"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the doctor's report.

    Attributes:
        detail: what was seen.
        remedy: what to do about it; empty when all is well.
    """

    name: str
    ok: bool
    detail: str
    remedy: str = ""


async def examine(settings: Settings) -> AsyncIterator[Check]:
    """Run all checks, one after the other; each is given as soon as it is done."""
    yield Check(name="settings", ok=True, detail=f"complete for {settings.mode.value} mode")
    async with slack_session() as session:
        workspace, token_check = await _check_token(settings, session)
        yield token_check
        if workspace is not None:
            yield _check_scopes(workspace)
            yield _check_clock(workspace.server_time)
        if settings.mode is Mode.SOCKET:
            yield await _check_app_token(settings, session)
    yield await _check_gateway(settings)


async def _check_token(
    settings: Settings, session: aiohttp.ClientSession
) -> tuple[Workspace | None, Check]:
    try:
        workspace = await find_workspace(slack_client(settings, session))
    except SlackRefusedError as error:
        return None, Check(
            name="slack token",
            ok=False,
            detail=f"Slack refuses it: {error.error}",
            remedy=f"Set SLACK_BOT_TOKEN: {FORMS['SLACK_BOT_TOKEN']}.",
        )
    except SlackUnreachableError as error:
        return None, _slack_unreachable("slack token", error)
    detail = f"{workspace.bot_user} in {workspace.team} ({workspace.team_id})"
    return workspace, Check(name="slack token", ok=True, detail=detail)


def _slack_unreachable(name: str, error: SlackUnreachableError) -> Check:
    return Check(
        name=name,
        ok=False,
        detail=f"Slack cannot be reached: {error.reason}",
        remedy="Check SLACK_API_URL, the network and the proxy of this machine.",
    )


def _check_scopes(workspace: Workspace) -> Check:
    if not workspace.scopes:
        return Check(name="scopes", ok=True, detail="Slack did not say which ones the token has")
    missing = sorted(set(SCOPES) - workspace.scopes)
    if missing:
        return Check(
            name="scopes",
            ok=False,
            detail=f"missing: {', '.join(missing)}",
            remedy="Update the app with the output of `voicestatus manifest` and reinstall it.",
        )
    return Check(name="scopes", ok=True, detail=", ".join(sorted(SCOPES)))


def _check_clock(server_time: str) -> Check:
    try:
        theirs = parsedate_to_datetime(server_time)
    except (TypeError, ValueError):
        return Check(name="clock", ok=True, detail="Slack did not send its time")
    skew = abs((datetime.now(UTC) - theirs.astimezone(UTC)).total_seconds())
    if skew <= _SKEW_WORTH_SAYING_SECONDS:
        return Check(name="clock", ok=True, detail=f"within {_SKEW_WORTH_SAYING_SECONDS} s")
    return Check(
        name="clock",
        ok=skew < _SKEW_LIMIT_SECONDS,
        detail=f"{skew:.0f} s away from Slack's; from {_SKEW_LIMIT_SECONDS} s on requests fail",
        remedy="Set this machine's clock by NTP.",
    )


async def _check_app_token(settings: Settings, session: aiohttp.ClientSession) -> Check:
    token = settings.slack_app_token
    try:
        await socket_address(
            slack_client(settings, session), token.get_secret_value() if token is not None else ""
        )
    except SlackRefusedError as error:
        return Check(
            name="app token",
            ok=False,
            detail=f"Slack refuses it: {error.error}",
            remedy=f"Set SLACK_APP_TOKEN: {FORMS['SLACK_APP_TOKEN']}. "
            "Socket Mode must be on in the app's settings.",
        )
    except SlackUnreachableError as error:
        return _slack_unreachable("app token", error)
    return Check(name="app token", ok=True, detail="Socket Mode can be opened")


async def _check_gateway(settings: Settings) -> Check:
    """An id that cannot exist must be answered by 023: then address and keys are right."""
    host = gateway_host(settings)
    catalog = load_catalog(settings.bot_language)
    impossible = MessageId(f"DOCTOR-{secrets.token_hex(12)}")
    try:
        async with gateway_of(settings) as gateway:
            checked = await gateway.status(impossible)
    except GatewayError as error:
        told = explain(LookupFailure(error=error.code), catalog)
        return Check(
            name="gateway",
            ok=False,
            detail=f"{host}: {error.code}. {told.meaning}",
            remedy=told.advice,
        )
    except (OSError, ValueError):
        return Check(
            name="gateway",
            ok=False,
            detail=f"{host}: the connection cannot be set up",
            remedy="Check GATEWAY_URL, GATEWAY_PROXY and GATEWAY_CA_FILE.",
        )
    code = checked.status.gateway_code
    if code == _NOT_FOUND:
        where = f"{host} (the sandbox)" if checked.sandbox else host
        return Check(name="gateway", ok=True, detail=f"{where} answers and takes the keys")
    told = explain(checked.status, catalog)
    return Check(
        name="gateway",
        ok=False,
        detail=f"{host} answered {code or 'something else'} where 023 was due. {told.meaning}",
        remedy=told.advice,
    )


async def report(settings: Settings, *, as_json: bool) -> int:
    """Print the checks as they are done; 1 if one of them failed."""
    configure_logging(level="ERROR", json=False)
    failed = False
    async for check in examine(settings):
        failed = failed or not check.ok
        if as_json:
            print(json.dumps(asdict(check), ensure_ascii=False), flush=True)  # noqa: T201
        else:
            _print_check(check)
    return 1 if failed else 0


def _print_check(check: Check) -> None:
    mark = Text("ok  ", style="green") if check.ok else Text("FAIL", style="bold red")
    line = Text.assemble(mark, "  ", (f"{check.name}: ", "bold"), check.detail)
    if check.remedy:
        line.append(f"\n      → {check.remedy}")
    console().print(line)
