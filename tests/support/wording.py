"""Texts of the catalogue, for tests that must recognise a text but not pin its wording.

Only the card snapshots contain sentences for users; all other tests get them here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter
from typing import Final

from bot.domain.call_status import LookupFailure, read_result
from bot.domain.texts.catalog import Catalog, Kind, Language
from bot.domain.texts.explanation import explain
from bot.locales import load_catalog

EN: Final[Catalog] = load_catalog(Language.ENGLISH)
PT: Final[Catalog] = load_catalog(Language.PORTUGUESE)
_ANY: Final = "\0"
_CODES: Final = map(str, range(499, 399, -1))
# A code that its class explains, whichever codes are listed.
UNLISTED: Final = next(code for code in _CODES if (Kind.SIP, code) not in EN.entries)


def verdict(result: str, catalog: Catalog = EN) -> str:
    """The first line of a card for a raw result; `!code` is a look-up error."""
    error = result.startswith("!")
    finding = LookupFailure(error=result[1:]) if error else read_result(result)
    explanation = explain(finding, catalog)
    return f"{catalog.say(f'icon.{explanation.verdict}')} {explanation.headline}"


def say(name: str, catalog: Catalog = EN, /, **values: object) -> str:
    """A phrase as the bot shows it."""
    return catalog.say(name, **values)


def rate(share: str, *, answered: int, count: int, catalog: Catalog = EN) -> str:
    """The answer rate as the terminal shows it, which is the report's without its markup."""
    values = {"share": share, "answered": answered, "count": count}
    return catalog.say("bulk.report.rate", **values).replace("*", "")


def phrase(name: str, catalog: Catalog = EN, /, **known: object) -> re.Pattern[str]:
    """A pattern for a phrase with these values and any others."""
    written = catalog.phrases[name]
    forms = [written] if isinstance(written, str) else [*written.values()]
    values = {value for form in forms for _, value, *_ in Formatter().parse(form) if value}
    said = catalog.say(name, **{**dict.fromkeys(values, _ANY), **known})
    return re.compile(".*".join(map(re.escape, said.split(_ANY))))


def sums(counts: Mapping[str, int], catalog: Catalog = EN) -> str:
    """The first line of a list with these counts of outcomes, in this order."""
    title = catalog.say("list.title", count=sum(counts.values()))
    parts = (catalog.say(f"count.{name}", count=count) for name, count in counts.items())
    return f"{title}: {', '.join(parts)}"


ANSWERED: Final = verdict("ok:85.00")
BUSY: Final = verdict("failed:486")
BUSY_PT: Final = verdict("failed:486", PT)
REFUSED: Final = say("refusal.title")
REFUSED_PT: Final = say("refusal.title", PT)
INVITE: Final = "/invite @voicestatus"
