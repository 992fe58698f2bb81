"""The dictionary behind `explain`: from what a person typed to the entries that it may mean.

Works without the gateway. `failed:486`, `sip:486`, `gateway:023`, `486`, `machine`, a word.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.call_status import CALL_OUTCOMES, Outcome
from bot.domain.catalog import Catalog, Entry, Kind

_MAX_MATCHES: Final = 8
_MAX_TERM: Final = 80
_CODE: Final = re.compile(r"(?:(sip|gateway)\s*:?\s*)?([0-9]{3})", re.IGNORECASE)
_STATUS: Final = re.compile(r"([a-z]+)\s*:\s*([0-9]{3})(?![0-9]).*", re.IGNORECASE | re.DOTALL)
_WORDS: Final = {"ok": "answered"} | {o.value: o.value for o in CALL_OUTCOMES | {Outcome.PENDING}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One answer of the dictionary.

    Attributes:
        code: what was asked ("499"), which may differ from its entry's code ("4xx").
        remark: what must be said beside the entry, such as "not registered"; may be empty.
    """

    code: str
    entry: Entry
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The answers for one term, or, where there is none, the nearest words."""

    term: str
    definitions: tuple[Definition, ...] = ()
    nearest: tuple[str, ...] = ()


def find(term: str, catalog: Catalog) -> Found:
    """Look one term up.

    Bare digits: 100 to 699 are a SIP code, everything else a gateway code. A word is searched in
    the titles first, then in the meanings, without regard to accents and case.
    """
    term = " ".join(term.split())[:_MAX_TERM]
    if match := _CODE.fullmatch(term):
        return Found(term=term, definitions=(_define_code(match[1], match[2], catalog),))
    if (match := _STATUS.fullmatch(term)) and match[1].lower() in _WORDS:
        return Found(term=term, definitions=_define_status(match[1], match[2], catalog))
    word = term.partition(":")[0].strip().lower()
    if (name := _WORDS.get(word)) is not None:
        entry = catalog.outcome(name)
        return Found(term=term, definitions=(Definition(code=word, entry=entry),))
    matches = _search(term, catalog)
    nearest = () if matches else _nearest(term, catalog)
    return Found(term=term, definitions=matches, nearest=nearest)


def everything(catalog: Catalog) -> tuple[Definition, ...]:
    """The whole dictionary, outcomes first, then SIP codes, then gateway codes."""
    kinds = (Kind.OUTCOME, Kind.SIP, Kind.GATEWAY)
    return tuple(
        Definition(code=entry.code, entry=entry)
        for kind in kinds
        for entry in catalog.of_kind(kind)
    )


def as_record(definition: Definition) -> dict[str, str]:
    """A definition as one flat record (`voicestatus explain --json`)."""
    entry = definition.entry
    meaning = f"{definition.remark} {entry.meaning}" if definition.remark else entry.meaning
    return {
        "code": definition.code,
        "kind": entry.kind.value,
        "title": entry.heading,
        "meaning": meaning,
        "advice": entry.advice,
        "who_acts": entry.who_acts.value,
        "retry": entry.retry.value,
        "source": entry.source,
    }


def folded(text: str) -> str:
    """The text for comparison: no accents, no case."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _define_code(family: str | None, digits: str, catalog: Catalog) -> Definition:
    in_sip_range = 100 <= int(digits) <= 699  # noqa: PLR2004 - RFC 3261, section 7.2
    if in_sip_range and (family or "sip").lower() == "sip":
        return _define_sip(digits, catalog)
    remark = ""
    if (family or "").lower() == "sip":
        remark = catalog.say("remark.not_sip", code=digits)
    entry = catalog.gateway(digits)
    if entry.code == "undocumented":
        remark = remark or catalog.say("remark.undocumented", code=digits)
    return Definition(code=digits, entry=entry, remark=remark)


def _define_sip(digits: str, catalog: Catalog) -> Definition:
    entry = catalog.sip(int(digits))
    remark = ""
    if entry.is_group:
        remark = catalog.say("remark.not_listed", code=digits)
        entry = replace(entry, registered=False)
    elif not entry.registered:
        remark = catalog.say("remark.not_registered", code=digits)
    return Definition(code=digits, entry=entry, remark=remark)


def _define_status(word: str, digits: str, catalog: Catalog) -> tuple[Definition, ...]:
    """`failed:486` is two things: what the word says and what the code says."""
    name = _WORDS[word.lower()]
    outcome = Definition(code=word.lower(), entry=catalog.outcome(name))
    if name in {Outcome.ANSWERED, Outcome.PENDING}:
        return (outcome,)
    if not 100 <= int(digits) <= 699:  # noqa: PLR2004 - a gateway code's meaning is not borrowed
        return (replace(outcome, remark=catalog.say("remark.not_sip", code=digits)),)
    return (_define_code("sip", digits, catalog), outcome)


def _search(term: str, catalog: Catalog) -> tuple[Definition, ...]:
    wanted = folded(term).split()
    if not wanted:
        return ()
    entries = [d.entry for d in everything(catalog)]
    in_title = [e for e in entries if _holds(wanted, (e.code, e.phrase, e.title))]
    in_meaning = [e for e in entries if e not in in_title and _holds(wanted, (e.meaning,))]
    ranked = sorted(in_title, key=_frequent_first) + sorted(in_meaning, key=_frequent_first)
    return tuple(Definition(code=e.code, entry=e) for e in ranked[:_MAX_MATCHES])


def _frequent_first(entry: Entry) -> bool:
    return entry.kind is Kind.SIP and not entry.frequent


def _holds(wanted: Iterable[str], texts: Iterable[str]) -> bool:
    text = folded(" ".join(texts))
    return all(re.search(rf"\b{re.escape(word)}", text) for word in wanted)


def _nearest(term: str, catalog: Catalog) -> tuple[str, ...]:
    titles = " ".join(d.entry.title for d in everything(catalog))
    known = {folded(w): w for w in re.findall(r"[^\W\d_]{4,}", titles)}
    close = difflib.get_close_matches(folded(term), sorted(known), n=4, cutoff=0.6)
    return tuple(known[word] for word in close)
