"""The options that several commands share, and how their values are read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from bot.domain.texts.catalog import Language, named_language
from bot.settings.names import forms

AsJson = Annotated[bool, Option("--json", help="One JSON object a line.")]


def _language(text: str) -> Language:
    language = named_language(text)
    if language is None:
        raise typer.BadParameter(f"it should be {forms()['BOT_LANGUAGE']}.")
    return language


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("it takes 2026-11-01 or 2026-11-01T13:00:00 (UTC).") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


InLanguage = Annotated[
    Language | None,
    Option(
        "--language",
        parser=_language,
        metavar="en|pt-BR",
        help="Language of the texts, instead of BOT_LANGUAGE.",
    ),
]
ListFile = Annotated[
    str | None,
    Option("--file", metavar="FILE", help="A list of calls (CSV or text); - reads standard input."),
]
ResultFile = Annotated[
    Path | None,
    Option("--output", metavar="FILE", help="Write the result of --file to this file."),
]
Since = Annotated[
    datetime | None,
    Option(
        parser=_moment,
        metavar="2026-11-01|2026-11-01T13:00:00",
        help="Only what came later (UTC).",
    ),
]
