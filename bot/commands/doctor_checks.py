"""What the doctor's observations mean, each with its remedy; in English, for operators.

No input or output, and nothing from the wire but facts that the error trees have checked. The
remedies for answers of the gateway are in `bot/locales`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from bot.domain.audit import AuditCheck
from bot.domain.call_status import Answer, GatewayCode
from bot.domain.texts.catalog import Language
from bot.gateway.protocol.errors import GatewayError
from bot.locales import load_catalog, load_remedies, remedy_for_slack
from bot.settings.clear_text import in_clear_text, sslmode_of
from bot.settings.names import forms
from bot.settings.settings import Settings
from bot.settings.sources import read_sources, remarks
from bot.slack.api.calls import SlackError, SlackUnreachableError, TokenRefusedError
from bot.slack.api.workspace import Workspace
from bot.slack.inbound.app_connections import say_others
from bot.slack.manifest import OPTIONAL_SCOPES, SCOPES
from bot.storage.errors import StorageError
from bot.storage.trial import Trial

# Slack's signatures are refused if the clocks differ by more than five minutes.
_SKEW_LIMIT_SECONDS: Final = 300
_SKEW_WORTH_SAYING_SECONDS: Final = 30
_UNCHECKED: Final = {"require": "the certificate", "verify-ca": "the name"}
_VERIFY: Final = (
    "Set sslmode=verify-full in DATABASE_URL, and sslrootcert= with the file of the authority."
)


# GATEWAY_TOKEN is missing: what it is; BOT_HOST is wrong. What it should be.
_WITH_REMEDY: Final = re.compile(
    r"(?P<missing>.+? is missing[^:]*): (?P<form>.+)|(?P<wrong>[^.]+)\. (?P<remedy>.+)"
)


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

    @property
    def level(self) -> str:
        """`FAIL`, `warn` or `ok`."""
        if not self.ok:
            return "FAIL"
        return "warn" if self.remedy else "ok"


def passed(name: str, detail: str, remedy: str = "") -> Check:
    """A check without a problem; with a remedy it is a warning."""
    return Check(name=name, ok=True, detail=detail, remedy=remedy)


def failed(name: str, detail: str, remedy: str) -> Check:
    """A check that found a problem."""
    return Check(name=name, ok=False, detail=detail, remedy=remedy)


def wrong_settings(problems: Iterable[str]) -> Iterator[Check]:
    """What is wrong with the settings: each problem is a line, whose end may be its remedy."""
    for problem in problems:
        parts = _WITH_REMEDY.fullmatch(problem)
        if parts is None:
            yield failed("settings", problem, "")
        elif parts["missing"]:
            yield failed("settings", parts["missing"], f"Set it: {parts['form']}")
        else:
            yield failed("settings", parts["wrong"], parts["remedy"])


def of_settings(settings: Settings, wrong: Collection[str]) -> Iterator[Check]:
    """That nothing is wrong with the settings; then what works but should change.

    What was reported as wrong is not reported again.
    """
    if not wrong:
        yield passed("settings", f"complete for {settings.mode.value} mode")
    for remark in remarks(read_sources()):
        if remark.setting not in wrong:
            yield passed("setting", f"{remark.setting} {remark.detail}", remark.remedy)
    yield from weak_settings(settings)


def weak_settings(settings: Settings) -> Iterator[Check]:
    """Settings that work but are risky; without TLS nothing works unless it was allowed."""
    for found in in_clear_text(settings) if settings.allow_clear_text else ():
        yield passed("clear text", f"{found.setting} {found.detail}", f"{found.remedy}.")
    mode = sslmode_of(settings)
    if mode in _UNCHECKED:
        detail = f"{_UNCHECKED[mode]} of the PostgreSQL server is not checked (sslmode={mode})"
        yield passed("database address", detail, _VERIFY)


def storage_failed(error: StorageError) -> Check:
    """A database that a bot could not use; the text is the one of a start."""
    fact = f" [{error.fact}]" if error.fact else ""
    return failed("database", f"{error.problem}{fact}", error.remedy)


def of_database(trial: Trial) -> Check:
    """A database that a bot could use, as which user."""
    if trial.file is None:
        return passed("database", "can be used")
    user = f"user {os.geteuid()}"
    if trial.new:
        return passed("database", f"none yet; `run` as {user} creates {trial.file}")
    return passed("database", f"{user} can use {trial.file}")


def of_connections(count: int | None, known: int) -> Check:
    """What Slack counts in Socket Mode.

    Args:
        count: the connections of the app, with the doctor's own.
        known: how many processes use the same database.
    """
    detail = "Socket Mode can be opened"
    if count is None:
        return passed("app token", detail)
    others = count - 1
    detail += f"; {others or 'no'} other connection{'' if others == 1 else 's'} of this app"
    remedy = say_others(count, others - known) if others > known else ""
    return passed("app token", detail, remedy)


def slack_failed(name: str, error: SlackError, remedy: str) -> Check:
    """A call that failed; `remedy` is the one for a token that Slack refuses."""
    if isinstance(error, TokenRefusedError):
        return failed(name, f"Slack refuses it: {error.reason}", remedy)
    if not isinstance(error, SlackUnreachableError):
        return failed(name, f"Slack answers: {error.reason}", remedy_for_slack("answered"))
    remedy = remedy_for_slack(error.reason)
    return failed(name, f"Slack cannot be reached: {error.reason}", remedy)


def socket_failed(error: SlackError, remedy: str) -> Check:
    """A WebSocket that does not open, or ends without a `hello`; see `slack_failed`."""
    name, ending = "app token", load_remedies()["socket_end"].get(error.reason)
    if ending is None:
        return slack_failed(name, error, remedy)
    return failed(name, f"Slack ends the connection: {error.reason}", ending)


def of_scopes(workspace: Workspace) -> Check:
    """Whether the token has the scopes that the bot needs."""
    if not workspace.scopes:
        return passed("scopes", "Slack didn't say which ones the token has")
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
            f"people from other workspaces of {workspace.enterprise_id} count as outsiders",
            f"Grant users:read, or set BOT_OWN_TEAMS: {forms()['BOT_OWN_TEAMS']}.",
        )


def of_clock(server_time: str, ours: datetime) -> Check:
    """Whether this clock agrees with the time that Slack sent."""
    try:
        theirs = parsedate_to_datetime(server_time)
    except (TypeError, ValueError):
        return passed("clock", "Slack didn't send its time")
    skew = abs((ours - theirs.astimezone(UTC)).total_seconds())
    if skew <= _SKEW_WORTH_SAYING_SECONDS:
        return passed("clock", f"within {_SKEW_WORTH_SAYING_SECONDS} s")
    return Check(
        name="clock",
        ok=skew < _SKEW_LIMIT_SECONDS,
        detail=f"{skew:.0f} s off Slack's clock; at {_SKEW_LIMIT_SECONDS} s, requests fail",
        remedy="Set this machine's clock by NTP.",
    )


def of_audit(check: AuditCheck, *, key_beside_it: bool) -> Check:
    """Whether the audit is as it was written."""
    detail = f"{check.entries:,} entries in order"
    if check.unchained:
        detail += f", and {check.unchained:,} from an older version, without a chain"
    if check.problems:
        return failed(
            "audit",
            "; ".join(check.problems),
            "If BOT_HASH_KEY or the .key file beside the database was changed, or not restored "
            "with it, put the old one back. Else find out who can write to the database, and "
            "compare with an export or a copy.",
        )
    if key_beside_it:
        remedy = (
            "Set BOT_HASH_KEY: the key is stored in the same database, so the chain shows "
            "accidents, but not changes by someone who has the database."
        )
        return passed("audit", detail, remedy)
    return passed("audit", detail)


def of_gateway(found: Answer | GatewayError, host: str) -> Check:
    """An id that cannot exist must get the code 023: then address and keys are right."""
    if isinstance(found, GatewayError):
        return failed("gateway", f"{host}: {found}", remedy_for_error(found, host))
    # Code 023, "unknown id", proves that address, keys and SOAP version are right.
    code = found.finding.gateway_code
    if code == GatewayCode.NOT_FOUND:
        where = f"{host} (the sandbox)" if found.sandbox else host
        remedy = load_remedies()["answered"]["sandbox"] if found.sandbox else ""
        return passed("gateway", f"{where} answers and accepts the keys", remedy)
    entry = load_catalog(Language.ENGLISH).gateway(code) if code is not None else None
    answered = f"{code} ({entry.title})" if entry is not None else "something else"
    return failed(
        "gateway",
        f"{host} answered {answered} instead of {GatewayCode.NOT_FOUND}",
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
    return load_remedies()["code"][entry_code or "none"].format(host=host, **forms())


def off_without(scopes: Iterable[str]) -> str:
    """The feature that is off without these optional scopes, named once if several share it."""
    groups: dict[str, list[str]] = {}
    for scope in sorted(scopes):
        groups.setdefault(load_remedies()["scope"][scope], []).append(scope)
    return "; ".join(f"{', '.join(names)} ({what})" for what, names in groups.items())
