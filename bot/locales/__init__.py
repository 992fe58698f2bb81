"""The language files and the one place that reads them.

`codes.toml` holds what is the same in every language, `en.toml` and `pt_BR.toml` the texts, and
`remedies.toml` what operators read. Babel writes durations and chooses plural forms by CLDR.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache, partial
from importlib import resources
from typing import Any, Final

from babel import Locale
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from bot.domain.texts.catalog import (
    Catalog,
    CustomerReason,
    Entry,
    Kind,
    Language,
    Phrase,
    Retry,
    WhoActs,
    Writing,
)

_CENT: Final = Decimal("0.01")
_MINUTES_FROM: Final = 120
_THOUSAND: Final = 1_000


@cache
def load_catalog(language: Language) -> Catalog:
    """The catalog of a language, read from the package's own data once."""
    locale = Locale.parse(language.value, sep="-")
    facts, texts = _read("codes.toml"), _read(f"{locale}.toml")
    return Catalog(
        language=language,
        entries={(e.kind, e.code): e for e in _entries(facts, texts)},
        phrases=dict(_phrases(texts["phrase"])),
        writing=Writing(
            # Babel takes as long for a duration as all the rest of a card.
            duration=lru_cache(maxsize=1_000)(partial(_write_duration, locale=locale)),
            plural=lambda count: str(locale.plural_form(count)),
            number=lambda number: _write_number(number, locale),
            share=lambda part, whole: _write_share(part, whole, locale),
        ),
    )


@cache
def load_remedies() -> Mapping[str, Mapping[str, str]]:
    """The remedies of `voicestatus doctor` in tables by error, gateway code and scope."""
    return _read("remedies.toml")


def _read(name: str) -> dict[str, Any]:
    text = resources.files(__name__).joinpath(name).read_text(encoding="utf-8")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # The parser names no file.
        message = f"bot/locales/{name}: {error}"
        raise ValueError(message) from None


def _entries(facts: Mapping[str, Any], texts: Mapping[str, Any]) -> Iterator[Entry]:
    for kind in Kind:
        for code, fact in facts[kind.value].items():
            text = texts[kind.value][code]
            typed = {
                "who_acts": WhoActs(fact["who_acts"]),
                "retry": Retry(fact["retry"]),
                "q850": tuple(fact.get("q850", ())),
                "customer": CustomerReason(fact.get("customer", CustomerReason.UNKNOWN)),
                "words": tuple(text.get("words", ())),
            }
            yield Entry(kind=kind, code=code, **{**fact, **text, **typed})


def _phrases(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Phrase]]:
    """The nested tables as dotted names; a table with `other` is one phrase in plural forms."""
    for name, value in table.items():
        if isinstance(value, dict) and "other" not in value:
            yield from _phrases(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _write_duration(seconds: Decimal, locale: Locale) -> str:
    """As in "85 seconds" or "2 minutes and 5.5 seconds"; messages are measured in seconds."""
    rounded = seconds.quantize(_CENT, rounding=ROUND_HALF_UP).normalize()
    minutes, rest = divmod(rounded, 60) if rounded >= _MINUTES_FROM else (Decimal(0), rounded)
    parts = []
    if minutes:
        parts.append(format_unit(minutes, "duration-minute", length="long", locale=locale))
    if rest or not minutes:
        parts.append(
            format_unit(rest, "duration-second", length="long", format="#,##0.##", locale=locale)
        )
    return format_list(parts, locale=locale)


def _write_number(number: int, locale: Locale) -> str:
    """As in "3,000" and in "3.000"."""
    # Nearly all are small, and Babel takes its time.
    if abs(number) < _THOUSAND:
        return str(number)
    return str(format_decimal(number, locale=locale))


def _write_share(part: int, whole: int, locale: Locale) -> str:
    """As in "62.5%"; what is rounded away at either end is brought back."""
    thousandths = (2 * _THOUSAND * part + whole) // (2 * whole)
    if 0 < part < whole:
        thousandths = min(max(1, thousandths), _THOUSAND - 1)
    share = Decimal(thousandths) / _THOUSAND
    return str(format_percent(share, format="#,##0.#%", locale=locale))
