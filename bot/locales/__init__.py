"""The language files and the one place that reads them.

`codes.toml` has what is the same in every language, `en.toml` and `pt_BR.toml` the texts, and
`remedies.toml` what operators read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

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

_FILES: Final = {Language.ENGLISH: "en.toml", Language.PORTUGUESE: "pt_BR.toml"}
_FACTS: Final = "codes.toml"
_FACTS_OF_A_CODE: Final = ("who_acts", "retry")
_TEXTS_OF_A_CODE: Final = ("title", "meaning", "advice")


@cache
def load_catalog(language: Language) -> Catalog:
    """The catalog of a language, read from the package's own data once.

    Raises:
        ValueError: a file is no TOML, or an entry is incomplete; all that is missing is named.
    """
    facts, texts = _facts(), _read(_FILES[language])
    if any(_missing(facts, {_FILES[language]: texts})):
        all_texts = {name: _read(name) for name in _FILES.values()}
        raise ValueError("\n".join(["", *_missing(facts, all_texts)]))
    return Catalog(
        language=language,
        entries={(e.kind, e.code): e for e in _entries(facts, texts)},
        phrases=dict(_phrases(texts["phrase"])),
        writing=Writing(**texts["writing"]),
    )


@cache
def _facts() -> Mapping[str, Any]:
    return _read(_FACTS)


@cache
def load_remedies() -> Mapping[str, Mapping[str, str]]:
    """The remedies of `voicestatus doctor` in tables by error, gateway code and scope."""
    return _read("remedies.toml")


def remedy_for_slack(reason: str) -> str:
    """The remedy if Slack did not answer, by the first word of the reason."""
    remedies = load_remedies()["slack"]
    return remedies.get(reason.partition(":")[0], remedies["unreachable"])


def _read(name: str) -> dict[str, Any]:
    text = resources.files(__name__).joinpath(name).read_text(encoding="utf-8")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # The parser names no file.
        message = f"bot/locales/{name}: {error}"
        raise ValueError(message) from None


def _missing(facts: Mapping[str, Any], texts: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """A line for each part of an entry that a file lacks; `texts` is by file."""
    parts = {_FACTS: _FACTS_OF_A_CODE, **dict.fromkeys(texts, _TEXTS_OF_A_CODE)}
    tables = {_FACTS: facts, **texts}
    for kind in Kind:
        for code in sorted({code for table in tables.values() for code in table[kind.value]}):
            for name, table in tables.items():
                entry = table[kind.value].get(code, {})
                missing = ", ".join(part for part in parts[name] if not entry.get(part))
                if missing:
                    yield f"bot/locales/{name} has no [{kind.value}.{code}] {missing}"


def _entries(facts: Mapping[str, Any], texts: Mapping[str, Any]) -> Iterator[Entry]:
    for kind in Kind:
        for code, fact in facts[kind.value].items():
            text = texts[kind.value][code]
            try:
                typed = {
                    "who_acts": WhoActs(fact["who_acts"]),
                    "retry": Retry(fact["retry"]),
                    "q850": tuple(fact.get("q850", ())),
                    "customer": CustomerReason(fact.get("customer", CustomerReason.UNKNOWN)),
                    "words": tuple(text.get("words", ())),
                }
                entry = Entry(kind=kind, code=code, **{**fact, **text, **typed})
            except (TypeError, ValueError) as error:
                # Neither names the entry.
                message = f"bot/locales [{kind.value}.{code}]: {error}"
                raise ValueError(message) from None
            yield entry


def _phrases(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Phrase]]:
    """The nested tables as dotted names; a table with `other` is one phrase in plural forms."""
    for name, value in table.items():
        if isinstance(value, dict) and "other" not in value:
            yield from _phrases(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
