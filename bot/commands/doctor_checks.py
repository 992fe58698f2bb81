"""What the doctor's observations mean, each with its remedy; in English, for operators.

No input or output, and nothing from the wire but facts that the error trees have checked. The
remedies for answers of the gateway are in `bot/locales`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from bot.composition.configured import gateway_host, revealed
from bot.domain.call_status import Answer, GatewayCode
from bot.domain.texts.catalog import Language
from bot.gateway.protocol.errors import GatewayError
from bot.locales import load_catalog, load_remedies
from bot.settings.names import HINTS, meant_by
from bot.settings.settings import Mode, Settings
from bot.slack.api.calls import SlackError, TokenRefusedError
from bot.slack.api.workspace import Workspace
from bot.slack.manifest import OPTIONAL_SCOPES, SCOPES

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


def passed(name: str, detail: str, remedy: str = "") -> Check:
    """A check without a problem; with a remedy it is a warning."""
    return Check(name=name, ok=True, detail=detail, remedy=remedy)


def failed(name: str, detail: str, remedy: str) -> Check:
    """A check that found a problem."""
    return Check(name=name, ok=False, detail=detail, remedy=remedy)


def misspelt_settings(names: Iterable[str]) -> Iterator[Check]:
    """Variables that resemble settings and have no effect."""
    for name in names:
        meant = meant_by(name)
        hint = f"Did you mean {meant}? " if meant else ""
        yield passed("setting", f"{name} is set and is not a setting", f"{hint}Rename or unset it.")


def weak_settings(settings: Settings) -> Iterator[Check]:
    """Settings that work but are risky."""
    secret = revealed(settings.slack_signing_secret)
    if settings.mode is Mode.HTTP and len(secret) < _SHORTEST_SECRET:
        yield passed(
            "signing secret",
            f"shorter than {_SHORTEST_SECRET} characters; Slack's have 32",
            f"Check SLACK_SIGNING_SECRET: {HINTS['SLACK_SIGNING_SECRET']}.",
        )
    host = gateway_host(settings)
    if settings.gateway_url.startswith("http://") and not _is_loopback(host):
        yield passed(
            "gateway address",
            f"the keys travel unencrypted to {host}",
            "Begin GATEWAY_URL with https://.",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def slack_failed(name: str, error: SlackError, remedy: str) -> Check:
    """A call that failed; `remedy` is the one for a token that Slack refuses."""
    if isinstance(error, TokenRefusedError):
        return failed(name, f"Slack refuses it: {error.reason}", remedy)
    return failed(
        name,
        f"Slack cannot be reached: {error.reason}",
        "Check SLACK_API_URL, the network and the proxy of this machine.",
    )


def of_scopes(workspace: Workspace) -> Check:
    """Whether the token has the scopes that the bot needs."""
    if not workspace.scopes:
        return passed("scopes", "Slack did not say which ones the token has")
    missing = sorted(set(SCOPES) - workspace.scopes)
    if missing:
        return failed(
            "scopes",
            f"missing: {', '.join(missing)}",
            "Update the app with the output of `voicestatus manifest` and reinstall it.",
        )
    left_out = set(OPTIONAL_SCOPES) - workspace.scopes
    detail = ", ".join(sorted(SCOPES))
    if left_out:
        detail += f"; optional, not granted: {off_without(left_out)}"
    return passed("scopes", detail)


def unknown_colleagues(settings: Settings, workspace: Workspace) -> Iterator[Check]:
    """Users of the organisation's other workspaces, if nothing marks these as its own."""
    known = workspace.org_wide or "users:read" in workspace.scopes or settings.bot_own_teams
    if workspace.enterprise_id is not None and not known:
        yield passed(
            "colleagues",
            f"people of other workspaces of {workspace.enterprise_id} count as outsiders",
            f"Grant users:read, or set BOT_OWN_TEAMS: {HINTS['BOT_OWN_TEAMS']}.",
        )


def of_clock(server_time: str, ours: datetime) -> Check:
    """Whether this clock agrees with the time that Slack sent."""
    try:
        theirs = parsedate_to_datetime(server_time)
    except (TypeError, ValueError):
        return passed("clock", "Slack did not send its time")
    skew = abs((ours - theirs.astimezone(UTC)).total_seconds())
    if skew <= _SKEW_WORTH_SAYING_SECONDS:
        return passed("clock", f"within {_SKEW_WORTH_SAYING_SECONDS} s")
    return Check(
        name="clock",
        ok=skew < _SKEW_LIMIT_SECONDS,
        detail=f"{skew:.0f} s away from Slack's; from {_SKEW_LIMIT_SECONDS} s on requests fail",
        remedy="Set this machine's clock by NTP.",
    )


def of_gateway(found: Answer | GatewayError, host: str) -> Check:
    """An id that cannot exist must get the code 023: then address and keys are right."""
    if isinstance(found, GatewayError):
        return failed("gateway", f"{host}: {found}", remedy_for_error(found, host))
    # Code 023, "unknown id", proves that address, keys and SOAP version are right.
    code = found.finding.gateway_code
    if code == GatewayCode.NOT_FOUND:
        where = f"{host} (the sandbox)" if found.sandbox else host
        return passed("gateway", f"{where} answers and takes the keys")
    entry = load_catalog(Language.ENGLISH).gateway(code) if code is not None else None
    answered = f"{code} ({entry.title})" if entry is not None else "something else"
    return failed(
        "gateway",
        f"{host} answered {answered} where {GatewayCode.NOT_FOUND} was due",
        remedy_for_code(entry.code if entry is not None else None, host),
    )


def remedy_for_error(error: GatewayError, host: str) -> str:
    """The remedy if the gateway did not answer."""
    remedies = load_remedies()["error"]
    fact = error.fact or "something unexpected"
    return remedies.get(error.code, remedies["transport"]).format(host=host, fact=fact)


def remedy_for_code(entry_code: str | None, host: str) -> str:
    """The remedy for an unexpected gateway code.

    Args:
        entry_code: the code, or its range, as the language files name it; `None` for a status.
        host: the gateway's.
    """
    return load_remedies()["code"][entry_code or "none"].format(host=host, **HINTS)


def off_without(scopes: Iterable[str]) -> str:
    """The feature that is off without these optional scopes, named once if several share it."""
    groups: dict[str, list[str]] = {}
    for scope in sorted(scopes):
        groups.setdefault(load_remedies()["scope"][scope], []).append(scope)
    return "; ".join(f"{', '.join(names)} ({what})" for what, names in groups.items())
