"""The dictionary behind `explain`: from a user's words to the entries that they may mean.

Works without the gateway. `486`, `sip:486`, `gateway:023`, `machine`, `timeout`, a word; and a
whole result such as `failed:486`, which is explained as on the card of a look-up.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.call_status import CALL_OUTCOMES, Outcome, read_result
from bot.domain.input.message_id import folded
from bot.domain.texts.catalog import Catalog, Entry, Kind
from bot.domain.texts.explanation import explain, unlisted

_MAX_MATCHES: Final = 8
_MAX_TERM: Final = 80
_CODE: Final = re.compile(r"(?:(sip|gateway)\s*:?\s*)?([0-9]{3})", re.IGNORECASE)
_RESULT: Final = re.compile(r"(?:ok|failed|error|blocked|machine)\s*:.*\w.*", re.IGNORECASE)
# An error as a card and a report write it: `error:timeout`, `http_status (HTTP 500)`.
_ERROR: Final = re.compile(r"(error\s*:?\s*)?([a-z_]+)\s*(\(.*\))?", re.IGNORECASE)
_WORDS: Final = {"ok": "answered"} | {o.value: o.value for o in CALL_OUTCOMES | {Outcome.PENDING}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One answer of the dictionary.

    Attributes:
        code: the code asked for ("499", "failed:486"), which may differ from its entry's code.
        remark: an addition to the entry, such as "not registered"; may be empty.
        headline: the verdict on a whole result ("failed:486"); empty for everything else.
    """

    code: str
    entry: Entry
    remark: str = ""
    headline: str = ""

    @property
    def heading(self) -> str:
        """The title in one line, with a capital letter and without a full stop."""
        return self.headline or self.entry.heading


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The answers for one term, or the nearest words if there are no answers."""

    term: str
    definitions: tuple[Definition, ...] = ()
    nearest: tuple[str, ...] = ()


def find(term: str, catalog: Catalog, others: Iterable[Catalog] = ()) -> Found:
    """Look one term up.

    Bare digits: 100 to 699 are a SIP code, everything else a gateway code. A word is searched in
    the titles and everyday words first, then in the meanings, ignoring accents and case. A word
    unknown in this language is searched in the others; the answer remains in this one.
    """
    own = _find_in(term, catalog)
    if own.definitions:
        return own
    for other in others:
        if other is not catalog and (found := _find_in(term, other)).definitions:
            keys = [(one.entry.kind, one.entry.code) for one in found.definitions]
            definitions = (_of_entry(catalog.entries[key]) for key in keys)
            return replace(found, definitions=tuple(definitions))
    return own


def terms(text: str) -> list[str]:
    """The codes and results in a text, each once, if there is nothing else; or else all of it."""
    words = dict.fromkeys(re.findall(r"[^\s,;]+", text)[:_MAX_MATCHES])
    codes = all(_CODE.fullmatch(word) or _RESULT.fullmatch(word) for word in words)
    return [*words] if words and codes else [text]


def is_name(term: str, catalogs: Iterable[Catalog]) -> bool:
    """Whether an entry is called exactly so in one of the languages.

    Args:
        term: without accents, in small letters.
        catalogs: of these languages.
    """
    entries = (entry for catalog in catalogs for entry in catalog.entries.values())
    names = (name for e in entries for name in (e.code, e.title, e.phrase, *e.words))
    return bool(term) and term in map(folded, names)


def _of_entry(entry: Entry) -> Definition:
    return Definition(code=entry.code, entry=entry)


def _find_in(term: str, catalog: Catalog) -> Found:
    term = " ".join(term.split())[:_MAX_TERM]
    if match := _CODE.fullmatch(term):
        return Found(term=term, definitions=(_define_code(match[1], match[2], catalog),))
    if error := _marked_error(term, catalog):
        return Found(term=term, definitions=(_of_entry(error),))
    if _RESULT.fullmatch(term):
        return Found(term=term, definitions=(_define_result(term, catalog),))
    word = term.partition(":")[0].strip().lower()
    if (name := _WORDS.get(word)) is not None:
        entry = catalog.outcome(name)
        return Found(term=term, definitions=(Definition(code=word, entry=entry),))
    matches = _search(term, catalog)
    nearest = () if matches else _nearest(term, catalog)
    return Found(term=term, definitions=matches, nearest=nearest)


def everything(catalog: Catalog) -> tuple[Definition, ...]:
    """The whole dictionary: outcomes, SIP codes, gateway codes, and the bot's own errors."""
    kinds = (Kind.OUTCOME, Kind.SIP, Kind.GATEWAY, Kind.ERROR)
    return tuple(_of_entry(entry) for kind in kinds for entry in catalog.of_kind(kind))


def as_record(definition: Definition) -> dict[str, str]:
    """A definition as one flat record (`voicestatus explain --json`).

    A failed look-up is one outcome of a look-up, so its kind is "outcome" there.
    """
    entry = definition.entry
    kind = Kind.OUTCOME if entry.kind is Kind.ERROR else entry.kind
    meaning = f"{definition.remark} {entry.meaning}" if definition.remark else entry.meaning
    return {
        "code": definition.code,
        "kind": kind.value,
        "title": definition.heading,
        "meaning": meaning,
        "advice": entry.advice,
        "who_acts": entry.who_acts.value,
        "retry": entry.retry.value,
        "source": entry.source,
    }


def _define_code(family: str | None, digits: str, catalog: Catalog) -> Definition:
    in_sip_range = 100 <= int(digits) <= 699  # noqa: PLR2004 - RFC 3261, section 7.2
    called_sip = (family or "").lower() == "sip"
    if in_sip_range and (called_sip or not family):
        entry = catalog.sip(int(digits))
        name = unlisted(entry)
        entry = replace(entry, registered=entry.registered and not entry.is_group)
    else:
        entry = catalog.gateway(digits)
        name = "remark.not_sip" if called_sip else ""
    remark = catalog.say(name, code=digits) if name else ""
    return Definition(code=digits, entry=entry, remark=remark)


def _define_result(raw: str, catalog: Catalog) -> Definition:
    """One answer, built like the card of a look-up with this result."""
    explanation = explain(read_result(raw), catalog)
    return Definition(
        code=raw,
        entry=explanation.entry,
        remark=" ".join(explanation.remarks),
        headline=explanation.headline,
    )


def _marked_error(term: str, catalog: Catalog) -> Entry | None:
    """An error of the bot that is written as one; a bare code may also be a word."""
    match = _ERROR.fullmatch(term)
    if match is None or not (match[1] or match[3]):
        return None
    return catalog.entries.get((Kind.ERROR, match[2].lower()))


def _search(term: str, catalog: Catalog) -> tuple[Definition, ...]:
    wanted = folded(term).split()
    if not wanted:
        return ()
    ranked = [
        (rank, entry.kind is Kind.SIP and not entry.frequent, order, entry)
        for order, entry in enumerate(d.entry for d in everything(catalog))
        if (rank := _rank(entry, wanted)) is not None
    ]
    matches = [entry for *_, entry in sorted(ranked, key=lambda one: one[:3])]
    return tuple(map(_of_entry, matches[:_MAX_MATCHES]))


def _rank(entry: Entry, wanted: list[str]) -> int | None:
    """How closely an entry matches: by everyday word, an error's own code, title, or meaning."""
    if " ".join(wanted) in map(folded, entry.words):
        return 0
    if entry.kind is Kind.ERROR and "_".join(wanted) == entry.code:
        return 1
    if _holds(wanted, (entry.code, entry.phrase, entry.title, *entry.words)):
        return 2
    return 3 if _holds(wanted, (entry.meaning,)) else None


def _holds(wanted: Iterable[str], texts: Iterable[str]) -> bool:
    text = folded(" ".join(texts))
    return all(re.search(rf"\b{re.escape(word)}", text) for word in wanted)


def _nearest(term: str, catalog: Catalog) -> tuple[str, ...]:
    entries = [d.entry for d in everything(catalog)]
    titles = " ".join(text for entry in entries for text in (entry.title, *entry.words))
    known = {folded(w): w for w in re.findall(r"[^\W\d_]{4,}", titles)}
    close = difflib.get_close_matches(folded(term), sorted(known), n=4, cutoff=0.6)
    return tuple(known[word] for word in close)
