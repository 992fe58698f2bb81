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


@cache
def load_catalog(language: Language) -> Catalog:
    """The catalog of a language, read from the package's own data once."""
    facts, texts = _read("codes.toml"), _read(_FILES[language])
    return Catalog(
        language=language,
        entries={(e.kind, e.code): e for e in _entries(facts, texts)},
        phrases=dict(_phrases(texts["phrase"])),
        writing=Writing(**texts["writing"]),
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
