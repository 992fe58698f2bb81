"""Named checks of an installation, each with its remedy; in English, for operators.

The checks change nothing: a transaction that is rolled back, one `auth.test`, one WebSocket that is
closed after Slack's `hello`, one look-up of an id that cannot exist.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator
from dataclasses import asdict

import aiohttp
from rich.table import Table
from rich.text import Text

from bot.commands import doctor_checks as checks
from bot.commands.doctor_checks import Check
from bot.commands.exit_codes import FAILED, OK
from bot.composition.configured import (
    Now,
    gateway_host,
    gateway_of,
    revealed,
    slack_client,
    slack_session,
    utc_now,
)
from bot.composition.terminal import open_installation
from bot.domain.input.message_id import MessageId
from bot.domain.texts.printable import json_line, printable
from bot.domain.timing import Timing
from bot.logs import configure_logging
from bot.settings.names import HINTS
from bot.settings.settings import Mode, Settings
from bot.settings.sources import read_sources, remarks
from bot.slack.api.calls import SlackError
from bot.slack.api.workspace import Workspace, find_workspace
from bot.slack.cards.terminal import console
from bot.slack.inbound.dialling import count_connections, socket_address
from bot.storage.errors import StorageError
from bot.storage.trial import Trial, try_database


async def examine(
    settings: Settings, *, now: Now = utc_now, timing: Timing = Timing()
) -> AsyncGenerator[Check, None]:
    """Run all checks in order; yields each as soon as it is done."""
    yield checks.passed("settings", f"complete for {settings.mode.value} mode")
    for remark in remarks(read_sources()):
        detail = f"{remark.setting} {remark.detail}"
        yield checks.passed("setting", detail, remark.remedy)
    for warning in checks.weak_settings(settings):
        yield warning
    trial, database_check = await _check_database(settings, now, timing)
    yield database_check
    if trial is not None and trial.audited:
        yield await _check_audit(settings, trial)
    async with slack_session(settings) as session:
        workspace, token_check = await _check_token(settings, session)
        yield token_check
        if workspace is not None:
            yield checks.of_scopes(workspace)
            yield checks.of_clock(workspace.server_time, now())
            for warning in checks.unknown_colleagues(settings, workspace):
                yield warning
        if settings.mode is Mode.SOCKET:
            known = trial.processes if trial is not None else 0
            yield await _check_app_token(settings, session, known, timing)
    yield await _check_gateway(settings, timing)


async def _check_database(
    settings: Settings, now: Now, timing: Timing
) -> tuple[Trial | None, Check]:
    try:
        trial = await try_database(revealed(settings.database_url), now=now, timing=timing)
    except StorageError as error:
        return None, checks.storage_failed(error)
    return trial, checks.of_database(trial)


async def _check_audit(settings: Settings, trial: Trial) -> Check:
    try:
        async with open_installation(settings) as installation:
            found = await installation.stores.audit.check()
    except StorageError as error:
        return checks.storage_failed(error)
    in_database = trial.file is None and settings.bot_hash_key is None
    return checks.of_audit(found, key_beside_it=in_database)


async def _check_token(
    settings: Settings, session: aiohttp.ClientSession
) -> tuple[Workspace | None, Check]:
    try:
        workspace = await find_workspace(slack_client(settings, session))
    except SlackError as error:
        remedy = f"Set SLACK_BOT_TOKEN: {HINTS['SLACK_BOT_TOKEN']}."
        return None, checks.slack_failed("slack token", error, remedy)
    detail = f"{workspace.bot_user} in {workspace.team} ({workspace.team_id})"
    return workspace, checks.passed("slack token", detail)


async def _check_app_token(
    settings: Settings, session: aiohttp.ClientSession, known: int, timing: Timing
) -> Check:
    client, token = slack_client(settings, session), revealed(settings.slack_app_token)
    remedy = (
        f"Set SLACK_APP_TOKEN: {HINTS['SLACK_APP_TOKEN']}. "
        "Socket Mode must be on in the app's settings."
    )
    try:
        address = await socket_address(client, token)
        count = await count_connections(session, address, timing)
    except SlackError as error:
        return checks.socket_failed(error, remedy)
    return checks.of_connections(count, known)


async def _check_gateway(settings: Settings, timing: Timing) -> Check:
    host = gateway_host(settings)
    impossible = MessageId(f"DOCTOR-{secrets.token_hex(12)}")
    try:
        async with gateway_of(settings, timing=timing) as gateway:
            found = await gateway.status(impossible)
    except (OSError, ValueError):
        return checks.failed(
            "gateway",
            f"{host}: the connection cannot be set up",
            "Check GATEWAY_URL, GATEWAY_PROXY and GATEWAY_CA_FILE.",
        )
    return checks.of_gateway(found, host)


async def report(settings: Settings, *, as_json: bool, timing: Timing = Timing()) -> int:
    """Print the checks as they are done; 1 if one of them failed."""
    configure_logging(level="ERROR", json=False)
    code = OK
    async for check in examine(settings, timing=timing):
        code = code if check.ok else FAILED
        if as_json:
            print(json_line(asdict(check)), flush=True)  # noqa: T201
        else:
            _print_check(check)
    return code


def _print_check(check: Check) -> None:
    """The check's lines; a line that is too long continues below, indented."""
    mark, style = ("warn", "yellow") if check.remedy else ("ok  ", "green")
    if not check.ok:
        mark, style = "FAIL", "bold red"
    lines = Table.grid(padding=(0, 2, 0, 0))
    lines.add_row(
        Text(mark, style), Text.assemble((f"{check.name}: ", "bold"), printable(check.detail))
    )
    if check.remedy:
        remedy = Table.grid(padding=(0, 1, 0, 0))
        remedy.add_row("→", Text(printable(check.remedy)))
        lines.add_row("", remedy)
    console().print(lines)
