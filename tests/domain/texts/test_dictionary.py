"""The dictionary behind `explain`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.call_status import read_result
from bot.domain.input.message_id import folded
from bot.domain.texts.catalog import Catalog, Entry, Kind, Retry, WhoActs
from bot.domain.texts.dictionary import Definition, Found, as_record, everything, find, terms
from bot.domain.texts.explanation import explain
from tests.support.wording import EN, PT, UNLISTED, say

SIP, GATEWAY, OUTCOME, ERROR = Kind.SIP, Kind.GATEWAY, Kind.OUTCOME, Kind.ERROR


def seen(found: Found) -> list[tuple[str, Kind, str]]:
    """The results: the code, the kind and code of the entry."""
    return [(one.code, one.entry.kind, one.entry.code) for one in found.definitions]


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("486", ("486", SIP, "486")),
        (" 486 ", ("486", SIP, "486")),
        ("100", ("100", SIP, "100")),
        (UNLISTED, (UNLISTED, SIP, "4xx")),
        ("699", ("699", SIP, "6xx")),
        ("700", ("700", GATEWAY, "undocumented")),
        ("023", ("023", GATEWAY, "023")),
        ("000", ("000", GATEWAY, "undocumented")),
        ("099", ("099", GATEWAY, "undocumented")),
        ("850", ("850", GATEWAY, "8xx")),
        ("900", ("900", GATEWAY, "900")),
        ("901", ("901", GATEWAY, "9xx")),
        ("sip:486", ("486", SIP, "486")),
        ("SIP 486", ("486", SIP, "486")),
        ("sip486", ("486", SIP, "486")),
        ("gateway:023", ("023", GATEWAY, "023")),
        ("Gateway : 900", ("900", GATEWAY, "900")),
        ("gateway:486", ("486", GATEWAY, "undocumented")),
    ],
)
def test_digits_belong_to_one_family(term: str, expected: tuple[str, Kind, str]) -> None:
    """100 to 699 are SIP, other bare digits the gateway's; a prefix decides otherwise."""
    assert [expected] == seen(find(term, EN))


@pytest.mark.parametrize(
    ("term", "remark"),
    [
        *((term, "") for term in ("486", "023", "850", "799", "gateway:486", "pending:024")),
        (UNLISTED, "not_listed"),
        ("409", "not_registered"),
        ("sip:701", "not_sip"),
        ("SIP:900", "not_sip"),
        ("failed:701", "not_sip"),
    ],
)
def test_what_is_not_registered_is_said_to_be_so(term: str, remark: str) -> None:
    """The remark is beside the entry that explains the code."""
    expected = say(f"remark.{remark}", code=term[-3:]) if remark else ""

    assert [expected] == [one.remark for one in find(term, EN).definitions]


def test_the_entry_of_a_class_is_not_registered() -> None:
    """A code that is explained by its class is in no registry."""
    assert not find(UNLISTED, EN).definitions[0].entry.registered
    assert find("486", EN).definitions[0].entry.registered


@pytest.mark.parametrize(
    ("term", "kind", "code"),
    [
        ("failed:486", SIP, "486"),
        ("Failed : 486 Busy Here", SIP, "486"),
        (f"error:{UNLISTED}", SIP, "4xx"),
        ("failed:200", SIP, "200"),
        ("blocked:603", OUTCOME, "blocked"),
        # The word decides: a machine with any code, and blocked unless the code names who barred
        # it.
        ("blocked:486", OUTCOME, "blocked"),
        ("machine:200", OUTCOME, "machine"),
        ("ok:103", OUTCOME, "answered"),
        ("ok:85.00", OUTCOME, "answered"),
        ("ok:3.00", OUTCOME, "answered"),
        ("failed:busy", OUTCOME, "failed"),
        ("failed:4860", OUTCOME, "failed"),
        # Digits outside 100 to 699 have no entry; the gateway's codes do not apply here.
        ("failed:900", OUTCOME, "failed"),
        ("failed:486;ok:85", OUTCOME, "unrecognised"),
    ],
)
def test_a_result_has_the_one_answer_of_its_card(term: str, kind: Kind, code: str) -> None:
    """Text pasted from a card is explained as the look-up explained it, under its own name."""
    (definition,) = find(term, EN).definitions
    explanation = explain(read_result(term), EN)
    entry = definition.entry

    assert (term, kind, code) == (definition.code, entry.kind, entry.code)
    assert (explanation.headline, " ".join(explanation.remarks)) == (
        definition.headline,
        definition.remark,
    )
    assert explanation.entry == entry
    assert explanation.headline == as_record(definition)["title"]


@pytest.mark.parametrize(
    ("term", "code"),
    [
        ("error:timeout", "timeout"),
        ("Error: tls", "tls"),
        ("error connection_lost", "connection_lost"),
        ("http_status (HTTP 500)", "http_status"),
        ("not_soap (text/html)", "not_soap"),
        ("error:busy", "busy"),
    ],
)
@pytest.mark.parametrize("catalog", [EN, PT], ids=["en", "pt-BR"])
def test_an_error_of_a_look_up_is_found_by_its_code(term: str, code: str, catalog: Catalog) -> None:
    """As a card or a report writes it."""
    assert [(code, ERROR, code)] == seen(find(term, catalog))


def test_an_error_that_nobody_knows_is_a_result_without_a_code() -> None:
    """The word is one that the gateway may give."""
    term = "error:unheard_of"

    assert [(term, OUTCOME, "error")] == seen(find(term, EN))


def test_an_error_is_an_outcome_in_a_record() -> None:
    """The record knows three kinds only."""
    (definition,) = find("error:tls", EN).definitions

    assert ("tls", "outcome") == tuple(as_record(definition)[key] for key in ("code", "kind"))


def test_an_everyday_word_leads_to_what_it_means() -> None:
    """The agents' usual name for a result comes first, though no title may contain the word."""
    english = {
        "machine": ("voicemail", "Mailbox", "answering machine"),
        "480": ("unreachable", "not answered", "switched off"),
        "486": ("busy",),
        "503": ("congestion",),
        "607": ("spam",),
        "603": ("rejected",),
        "error": ("hung up",),
        "402": ("no credit",),
        "connection_lost": ("connection lost",),
    }
    portuguese = {
        "machine": ("caixa postal", "Secretaria Eletronica"),
        "480": ("não atendeu", "nao atendeu", "fora de area", "celular desligado"),
        "486": ("ocupado", "busy"),
        "603": ("rejeitada", "recusou"),
        "blocked": ("bloqueado",),
        "pending": ("pendente", "aguardando"),
        "402": ("crédito", "saldo"),
        "607": ("spam",),
        "404": ("não existe",),
    }
    typed = [(EN, code, word) for code, words in english.items() for word in words]
    typed += [(PT, code, word) for code, words in portuguese.items() for word in words]

    assert [] == [
        (code, word)
        for catalog, code, word in typed
        if code not in [one.code for one in find(word, catalog).definitions[:1]]
    ]


@pytest.mark.parametrize(
    ("term", "outcome"),
    [
        ("ok", "answered"),
        ("answered", "answered"),
        ("Failed", "failed"),
        ("error", "error"),
        ("blocked", "blocked"),
        ("machine:", "machine"),
        ("pending", "pending"),
    ],
)
def test_the_word_of_an_outcome_is_explained(term: str, outcome: str) -> None:
    """In any case, with or without its colon."""
    assert [(term.lower().rstrip(":"), OUTCOME, outcome)] == seen(find(term, EN))


def entry(kind: Kind, code: str, title: str, **texts: Any) -> tuple[tuple[Kind, str], Entry]:
    """An entry with only its texts, under its key."""
    facts: dict[str, Any] = {"who_acts": WhoActs.NOBODY, "retry": Retry.NO, "advice": "Wait."}
    made = Entry(**{"kind": kind, "code": code, "title": title, "meaning": "", **facts, **texts})
    return (kind, code), made


# A dictionary in which every word has its place on purpose.
SMALL = replace(
    EN,
    entries=dict(
        (
            entry(SIP, "488", "a recording picked up", words=("mailbox", "caixa postal")),
            entry(SIP, "302", "the mailbox has moved", meaning="The line moved.", frequent=True),
            entry(SIP, "404", "número inexistente", phrase="Not Found", frequent=True),
            entry(SIP, "408", "nobody came", phrase="Request Timeout", frequent=True),
            entry(SIP, "600", "busy everywhere", phrase="Busy Everywhere"),
            entry(SIP, "486", "the line was busy", phrase="Busy Here", frequent=True),
            entry(GATEWAY, "9xx", "fault of the carrier", meaning="It is busy, or it is not."),
            entry(ERROR, "timeout", "no answer in time"),
            entry(ERROR, "tls", "no secure line"),
            entry(ERROR, "tls_version", "an old line"),
        )
    ),
)


@pytest.mark.parametrize(
    ("term", "codes"),
    [
        # A title before a meaning, a frequent code before a rare one.
        ("busy", ["486", "600", "9xx"]),
        ("line", ["486", "tls", "tls_version", "302"]),
        # All words, in any order and case, each from its beginning.
        ("BUSY line", ["486"]),
        ("lin bus", ["486"]),
        ("usy", []),
        # The registered phrase is the same in every language.
        ("here", ["486"]),
        # Without accents.
        ("numero inexistente", ["404"]),
        ("NÚMERO", ["404"]),
        # An everyday word before a title that contains it; a part of one is like a title.
        ("mailbox", ["488", "302"]),
        ("Caixa  Postal", ["488"]),
        ("postal", ["488"]),
        # An error's own code before all entries that contain the word; codes with that prefix.
        ("timeout", ["timeout", "408"]),
        ("TLS", ["tls", "tls_version"]),
        ("tls version", ["tls_version"]),
    ],
)
def test_a_word_is_searched_in_titles_phrases_and_meanings(term: str, codes: list[str]) -> None:
    """The most likely meaning comes first; a match prevents guesses."""
    found = find(term, SMALL)

    assert codes == [one.entry.code for one in found.definitions]
    assert not (codes and found.nearest)


def test_no_more_than_eighty_characters_of_a_term_are_read() -> None:
    """No user can fill a card with a long input."""
    assert Found(term="x" * 80) == find("x" * 81, SMALL)


def test_no_more_than_eight_answers_are_given() -> None:
    """The first ones, in the order of the dictionary."""
    entries = dict(entry(GATEWAY, f"{code:03}", f"fault {code}") for code in range(12))
    found = find("fault", replace(SMALL, entries=entries)).definitions

    assert [f"{code:03}" for code in range(8)] == [one.code for one in found]


@pytest.mark.parametrize(
    ("term", "nearest"),
    [
        ("bussi", ("busy",)),
        ("numro", ("número",)),
        ("mailbocks", ("mailbox",)),
        ("thhe", ()),  # only words of four letters and more
    ],
)
def test_where_nothing_is_found_the_nearest_words_are_offered(
    term: str, nearest: tuple[str, ...]
) -> None:
    """A slip of the keyboard leads to a word of a title, written with its accents."""
    assert Found(term=term, nearest=nearest) == find(term, SMALL)


def test_no_more_than_four_words_are_offered() -> None:
    """The nearest ones first."""
    titles = ("words", "wordy", "wordless", "swords", "worded", "world")
    entries = dict(entry(GATEWAY, f"{n:03}", title) for n, title in enumerate(titles))
    nearest = find("wrods", replace(SMALL, entries=entries)).nearest

    assert 4 == len(nearest)
    assert "words" == nearest[0]


@pytest.mark.parametrize("term", ["", "   ", "xyzzyx", "1000", "(", "\\b", "%", "48600"])
def test_what_leads_nowhere_finds_nothing(term: str) -> None:
    """Neither a definition nor a word is made up."""
    assert Found(term=" ".join(term.split())) == find(term, SMALL)


@given(st.text(max_size=120))
def test_any_term_gives_an_answer(term: str) -> None:
    """No text is an error, and the answer is bounded."""
    found = find(term, EN)

    assert len(found.term) <= 80
    assert len(found.definitions) <= 8
    assert not (found.definitions and found.nearest)


def test_everything_is_outcomes_then_sip_codes_then_gateway_codes_then_errors() -> None:
    """The bot's own errors are part of the dictionary, at its end."""
    codes = [(one.entry.kind, one.code) for one in everything(EN)]
    kinds = [OUTCOME, SIP, GATEWAY, ERROR]

    assert set(EN.entries) == set(codes)
    assert len(codes) == len(set(codes))
    assert sorted(codes, key=lambda key: kinds.index(key[0])) == codes


@pytest.mark.parametrize(
    ("definition", "meaning"),
    [
        (Definition(code=UNLISTED, entry=EN.sip(int(UNLISTED)), remark="New."), "New. "),
        (Definition(code=UNLISTED, entry=EN.sip(int(UNLISTED))), ""),
    ],
    ids=["with a remark", "without"],
)
def test_a_record_is_flat(definition: Definition, meaning: str) -> None:
    """All keys are present and all values are texts; a remark comes before the meaning."""
    entry = definition.entry

    assert {
        "code": UNLISTED,
        "kind": "sip",
        "title": entry.heading,
        "meaning": meaning + entry.meaning,
        "advice": entry.advice,
        "who_acts": "gateway",
        "retry": "no",
        "source": "RFC 3261 §21.4",
    } == as_record(definition)


@pytest.mark.parametrize(
    ("text", "plain"), [("AÇÃO", "acao"), ("Straße", "strasse"), ("e\u0301", "e"), ("", "")]
)
def test_texts_are_compared_without_accents_and_case(text: str, plain: str) -> None:
    """As people type them in a hurry."""
    assert plain == folded(text)


def test_a_word_of_the_other_language_is_found_and_told_in_ones_own() -> None:
    """A user who reads English may still see the Portuguese word elsewhere."""
    entries = dict([*SMALL.entries.items(), entry(SIP, "486", "linha ocupada")])
    other = replace(EN, entries=entries)

    found = find("ocupada", SMALL, [SMALL, other])

    assert [SMALL.sip(486)] == [one.entry for one in found.definitions]
    assert () == find("zzzz", SMALL, [SMALL, other]).definitions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("486, failed:480; 486", ["486", "failed:480"]),
        ("486", ["486"]),
        ("sip 486", ["sip 486"]),
        ("caixa postal", ["caixa postal"]),
        ("", [""]),
        (" ".join(map(str, range(400, 420))), [str(code) for code in range(400, 408)]),
    ],
)
def test_codes_are_terms_of_their_own(text: str, expected: list[str]) -> None:
    """Each once, and no more than are shown; words belong together."""
    assert expected == terms(text)
