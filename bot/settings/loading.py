"""The settings, read once at the top.

All problems are reported together, by name, with the format of the value and where to get it; never
with the value itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from enum import StrEnum
from itertools import combinations
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import ValidationError

from bot.settings.clear_text import in_clear_text
from bot.settings.names import forms
from bot.settings.settings import Mode, Settings
from bot.settings.sources import (
    ENV_FILE,
    SECRETS_DIRECTORY,
    Sources,
    UnreadableSourceError,
    foreign_names,
    meant_by,
    misspelt_permissions,
    read_sources,
)

# The hint if neither mode's secret is set, so the intended mode is unknown.
_EITHER_MODE: Final = "SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP mode)"
_EITHER_FORM: Final = (
    "the token is xapp-… with the scope connections:write, from App-Level Tokens; the secret is "
    "from App Credentials; both are on your app's page, Basic Information"
)
# How similar the name of a variable and that of a missing setting must be.
_ALIKE: Final = 0.85
# How the names of secrets end that people copy from one page.
_SECRETS: Final = ("_TOKEN", "_SECRET", "_CREDENTIAL")


class Need(StrEnum):
    """What a command is going to use, and so which settings must be set."""

    GATEWAY = "gateway"
    SLACK = "slack"


class SettingsError(Exception):
    """The settings are not usable; one line per problem.

    Attributes:
        settings: the others, with the defaults of the wrong ones; `None` if nothing can be read.
    """

    def __init__(self, problems: Iterable[str], settings: Settings | None = None) -> None:
        self.problems = tuple(problems)
        self.settings = settings
        super().__init__("\n".join(self.problems))


def load_settings(
    needs: Iterable[Need] = (), *, secrets_directory: str = SECRETS_DIRECTORY
) -> Settings:
    """Read the settings and check that the required ones are set.

    Args:
        needs: what a command is going to use.
        secrets_directory: where container orchestrators put one file per secret.

    Raises:
        SettingsError: with all problems together.
    """
    wanted = frozenset(needs)
    try:
        sources = read_sources(secrets_directory)
    except UnreadableSourceError as error:
        raise SettingsError([str(error)]) from None
    settings, wrong = _read(secrets_directory)
    missing = _missing(settings, wanted, wrong)
    misspelt: list[str] = []
    unused = {"HTTPS_PROXY", "HTTP_PROXY"}
    # Permissions and OAuth concern Slack's users; a terminal command has none.
    if Need.SLACK in wanted:
        misspelt = misspelt_permissions(sources.others)
        wrong |= {n for n in ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET") if _is_set(settings, n)}
        unused.remove(f"{urlsplit(settings.slack_api_url).scheme.upper()}_PROXY")
    # Other programs may need proxies that this one cannot use.
    wrong -= unused
    exposed = list(_exposed(settings, wanted))
    if wrong or missing or misspelt or exposed:
        lines = [f"{ENV_FILE}: line {number} cannot be read." for number in sources.unread]
        lines += _problems(wrong, missing, sources)
        raise SettingsError([*lines, *misspelt, *exposed], settings)
    return settings


def _exposed(settings: Settings, needs: frozenset[Need]) -> Iterator[str]:
    """The problems of what would be sent to other machines without TLS."""
    unused = {"GATEWAY_URL": Need.GATEWAY, "SLACK_API_URL": Need.SLACK}
    for found in () if settings.allow_clear_text else in_clear_text(settings):
        if unused.get(found.setting) in {None, *needs}:
            remedy = f"{found.remedy}, or set ALLOW_CLEAR_TEXT=true if that network is protected."
            yield f"{found.setting} {found.detail}. {remedy}"


def _read(secrets_directory: str) -> tuple[Settings, set[str]]:
    """The settings, and the names of the wrong ones, which have their defaults instead."""
    try:
        return Settings(_secrets_dir=secrets_directory), set()
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
    wrong = {str(fault["loc"][0]) for fault in faults}
    fields = Settings.model_fields
    # Read again without them, so that missing settings are reported beside wrong ones.
    defaults = {name: fields[name].get_default(call_default_factory=True) for name in wrong}
    settings = Settings(_secrets_dir=secrets_directory, **defaults)
    return settings, {name.upper() for name in wrong}


def _missing(settings: Settings, needs: frozenset[Need], wrong: Collection[str]) -> set[str]:
    wanted: list[str] = []
    if Need.GATEWAY in needs:
        wanted += ["GATEWAY_CREDENTIAL", "GATEWAY_TOKEN"]
    if Need.SLACK in needs:
        wanted += ["SLACK_BOT_TOKEN", _secret_of_mode(settings, wrong)]
    return {name for name in wanted if name == _EITHER_MODE or not _is_set(settings, name)}


def _secret_of_mode(settings: Settings, wrong: Collection[str]) -> str:
    """The mode's required setting; either secret if no setting names the mode."""
    if settings.mode is Mode.SOCKET or (settings.bot_mode is None and "SLACK_APP_TOKEN" in wrong):
        return "SLACK_APP_TOKEN"
    if settings.bot_mode is None and settings.slack_signing_secret is None:
        return _EITHER_MODE
    return "SLACK_SIGNING_SECRET"


def _is_set(settings: Settings, name: str) -> bool:
    return getattr(settings, name.lower()) is not None


def _problems(wrong: Collection[str], missing: Iterable[str], sources: Sources) -> list[str]:
    known = {**forms(), _EITHER_MODE: _EITHER_FORM}
    place = "" if Path(ENV_FILE).is_file() else f" There is no {ENV_FILE} in {Path.cwd()}."
    lines = {n: f"{n} is missing{_slip(n, sources.others)}: {known[n]}.{place}" for n in missing}
    for name in wrong:
        form = known[name]
        verb = "" if form.startswith("must") else "is wrong. It should be "
        lines[name] = f"{name} {verb}{form}."
    for one, other in _swapped(wrong, sources.values):
        lines[one] = f"{one} and {other} are swapped: each has the value of the other."
        lines.pop(other, None)
    order = _names()
    return [lines[name] for name in sorted(lines, key=lambda n: order.index(n.split()[0]))]


def _swapped(wrong: Collection[str], values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Pairs of wrong secrets that would be right the other way round."""
    secrets = [name for name in _names() if name in wrong and name.endswith(_SECRETS)]
    for one, other in combinations(secrets, 2):
        with suppress(ValidationError):
            Settings.of(**{one.lower(): values[other], other.lower(): values[one]})
            yield one, other


def _names() -> list[str]:
    """All settings, in the order of their problems."""
    return [name.upper() for name in Settings.model_fields]


def _slip(name: str, unknown: Iterable[str]) -> str:
    """A variable whose name nearly matches a setting, and so was probably meant."""
    close = [slip for slip in foreign_names(unknown) if meant_by(slip, name.split(), _ALIKE)]
    return f" ({close[0]} is set; is it a typo?)" if close else ""
