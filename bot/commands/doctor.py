"""Named checks of an installation, each with its remedy; in English, for operators.

The checks change nothing: a transaction that is rolled back, one `auth.test`, one WebSocket that is
closed after Slack's `hello`, one look-up of an id that cannot exist.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Sequence
from dataclasses import asdict
from textwrap import fill
from typing import Final

import aiohttp
from rich.text import Text

from bot.commands import doctor_checks as checks
from bot.commands.doctor_checks import Check
from bot.commands.exit_codes import FAILED, OK, USAGE
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
from bot.settings.names import forms
from bot.settings.settings import Mode, Settings
from bot.slack.api.calls import SlackError
from bot.slack.api.workspace import find_workspace
from bot.slack.cards.terminal import console
from bot.slack.inbound.dialling import count_connections, socket_address
from bot.storage.errors import StorageError
from bot.storage.trial import Trial, try_database

# The settings beside the tokens that every request to Slack depends on.
_WAY_TO_SLACK: Final = frozenset({"SLACK_API_URL", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"})
_STYLES: Final = {"ok": "green", "warn": "yellow", "FAIL": "bold red"}


async def examine(
    settings: Settings | None,
    problems: Sequence[str] = (),
    *,
    now: Now = utc_now,
    timing: Timing = Timing(),
) -> AsyncGenerator[Check, None]:
    """Run all checks in order; yields each as soon as it is done.

    Only what does not need a wrong setting is checked; `problems` has a line for each of these, and
    `settings` its default, or there are none if they cannot be read.
    """
    for check in checks.wrong_settings(problems):
        yield check
    if settings is None:
        return
    wrong = {problem.split()[0].rstrip(":") for problem in problems}
    for check in checks.of_settings(settings, wrong):
        yield check
    known = 0
    if "DATABASE_URL" not in wrong:
        try:
            trial = await try_database(revealed(settings.database_url), now=now, timing=timing)
            yield checks.of_database(trial)
            known = trial.processes
            if trial.audited and "BOT_HASH_KEY" not in wrong:
                yield await _check_audit(settings, trial)
        except StorageError as error:
            yield checks.storage_failed(error)
    if wrong.isdisjoint(_WAY_TO_SLACK):
        async for check in _check_slack(settings, known, now, timing):
            yield check
    if not any(name.startswith("GATEWAY_") for name in wrong):
        yield await _check_gateway(settings, timing)


async def _check_audit(settings: Settings, trial: Trial) -> Check:
    async with open_installation(settings) as installation:
        found = await installation.stores.audit.check()
    in_database = trial.file is None and settings.bot_hash_key is None
    return checks.of_audit(found, key_beside_it=in_database)


async def _check_slack(
    settings: Settings, known: int, now: Now, timing: Timing
) -> AsyncGenerator[Check, None]:
    async with slack_session(settings) as session:
        if settings.slack_bot_token is not None:
            async for check in _check_token(settings, session, now):
                yield check
        if settings.mode is Mode.SOCKET and settings.slack_app_token is not None:
            yield await _check_app_token(settings, session, known, timing)


async def _check_token(
    settings: Settings, session: aiohttp.ClientSession, now: Now
) -> AsyncGenerator[Check, None]:
    try:
        workspace = await find_workspace(slack_client(settings, session))
    except SlackError as error:
        remedy = f"Set SLACK_BOT_TOKEN: {forms()['SLACK_BOT_TOKEN']}."
        yield checks.slack_failed("slack token", error, remedy)
        return
    detail = f"{workspace.bot_user} in {workspace.team} ({workspace.team_id})"
    yield checks.passed("slack token", detail)
    yield checks.of_scopes(workspace)
    yield checks.of_clock(workspace.server_time, now())
    for warning in checks.unknown_colleagues(settings, workspace):
        yield warning


async def _check_app_token(
    settings: Settings, session: aiohttp.ClientSession, known: int, timing: Timing
) -> Check:
    client, token = slack_client(settings, session), revealed(settings.slack_app_token)
    remedy = (
        f"Set SLACK_APP_TOKEN: {forms()['SLACK_APP_TOKEN']}. "
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


async def report(
    settings: Settings | None,
    problems: Sequence[str] = (),
    *,
    as_json: bool,
    timing: Timing = Timing(),
) -> int:
    """Print the checks as they are done; 1 if one of them failed, 2 if a setting is wrong."""
    configure_logging(level="ERROR", json=False)
    code = USAGE if problems else OK
    async for check in examine(settings, problems, timing=timing):
        code = code if check.ok else max(code, FAILED)
        if as_json:
            print(json_line(asdict(check) | {"level": check.level.lower()}), flush=True)  # noqa: T201
        else:
            _print_check(check)
    return code


def _print_check(check: Check) -> None:
    """The check's lines; a line that is too long continues below, indented."""
    mark, screen = check.level, console()
    lines = Text(_wrapped(f"{mark:<6}", f"{check.name}: {check.detail}", screen.width))
    lines.stylize(_STYLES[mark], 0, len(mark))
    lines.stylize("bold", 6, 6 + len(check.name) + 1)
    screen.print(lines)
    if check.remedy:
        screen.print(Text(_wrapped("      → ", check.remedy, screen.width)))


def _wrapped(beginning: str, text: str, width: int) -> str:
    return fill(
        printable(text),
        width,
        initial_indent=beginning,
        subsequent_indent=" " * len(beginning),
        break_on_hyphens=False,
        break_long_words=False,
    )
