"""The dictionary behind `explain`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.call_status import read_result
from bot.domain.catalog import Catalog, Kind, Language
from bot.domain.dictionary import Definition, Found, as_record, everything, find, folded
from bot.domain.explanation import explain
from bot.locales import load_catalog

ENGLISH, PORTUGUESE = load_catalog(Language.ENGLISH), load_catalog(Language.PORTUGUESE)
SIP, GATEWAY, OUTCOME, ERROR = Kind.SIP, Kind.GATEWAY, Kind.OUTCOME, Kind.ERROR


def seen(found: Found) -> list[tuple[str, Kind, str]]:
    """What was found: the code asked, the kind and code of the entry."""
    return [(one.code, one.entry.kind, one.entry.code) for one in found.definitions]


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("486", ("486", SIP, "486")),
        (" 486 ", ("486", SIP, "486")),
        ("100", ("100", SIP, "100")),
        ("499", ("499", SIP, "4xx")),
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
    assert [expected] == seen(find(term, ENGLISH))


@pytest.mark.parametrize(
    ("term", "remark"),
    [
        ("486", ""),
        ("023", ""),
        ("850", ""),
        ("499", "499 is not in the list of SIP codes, so it is explained by its group."),
        ("409", "409 is not a registered SIP code."),
        ("799", "The gateway's documentation does not list 799."),
        ("gateway:486", "The gateway's documentation does not list 486."),
        ("sip:701", "701 is not a SIP code: those run from 100 to 699."),
        ("SIP:900", "900 is not a SIP code: those run from 100 to 699."),
        ("failed:701", "701 is not a SIP code: those run from 100 to 699."),
        ("pending:024", ""),
    ],
)
def test_what_is_not_registered_or_documented_is_said_to_be_so(term: str, remark: str) -> None:
    """The remark stands beside the entry that explains the code."""
    assert [remark] == [one.remark for one in find(term, ENGLISH).definitions]


def test_the_entry_of_a_class_is_not_registered() -> None:
    """A code that is explained by its class is in no registry."""
    assert not find("499", ENGLISH).definitions[0].entry.registered
    assert find("486", ENGLISH).definitions[0].entry.registered


@pytest.mark.parametrize(
    ("term", "kind", "code"),
    [
        ("failed:486", SIP, "486"),
        ("Failed : 486 Busy Here", SIP, "486"),
        ("error:499", SIP, "4xx"),
        ("failed:200", SIP, "200"),
        ("blocked:603", SIP, "603"),
        # The word decides: a machine whatever the code, and blocked unless the code says by whom.
        ("blocked:486", OUTCOME, "blocked"),
        ("machine:200", OUTCOME, "machine"),
        ("ok:103", OUTCOME, "answered"),
        ("ok:85.00", OUTCOME, "answered"),
        ("ok:3.00", OUTCOME, "answered"),
        ("failed:busy", OUTCOME, "failed"),
        ("failed:4860", OUTCOME, "failed"),
        # Outside 100 to 699 the digits mean nothing; the gateway's codes are no help here.
        ("failed:900", OUTCOME, "failed"),
        ("failed:486;ok:85", OUTCOME, "unrecognised"),
    ],
)
def test_a_result_has_the_one_answer_of_its_card(term: str, kind: Kind, code: str) -> None:
    """What was pasted from a card is explained as the look-up explained it, under its own name."""
    (definition,) = find(term, ENGLISH).definitions
    told = explain(read_result(term), ENGLISH)
    entry = definition.entry

    assert (term, kind, code) == (definition.code, entry.kind, entry.code)
    assert (told.headline, " ".join(told.remarks)) == (definition.headline, definition.remark)
    assert (told.meaning, told.advice) == (entry.meaning, entry.advice)
    assert (told.who_acts, told.retry) == (entry.who_acts, entry.retry)
    assert told.headline.rstrip(".") == as_record(definition)["title"]


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("error:timeout", [("timeout", ERROR, "timeout")]),
        ("Error: tls", [("tls", ERROR, "tls")]),
        ("error connection_lost", [("connection_lost", ERROR, "connection_lost")]),
        ("http_status (HTTP 500)", [("http_status", ERROR, "http_status")]),
        ("not_soap (text/html)", [("not_soap", ERROR, "not_soap")]),
        ("error:busy", [("busy", ERROR, "busy")]),
        ("connection_lost", [("connection_lost", ERROR, "connection_lost")]),
        ("redirected", [("redirected", ERROR, "redirected")]),
        # A code that others begin with: all of them, and the whole one first.
        (
            "TLS",
            [(code, ERROR, code) for code in ("tls", "tls_certificate", "tls_version")],
        ),
        # A word that is an error's code as well: both, and the error first.
        ("timeout", [("timeout", ERROR, "timeout"), ("408", SIP, "408")]),
        # No error of that name: the result `error` without a readable code.
        ("error:unheard_of", [("error:unheard_of", OUTCOME, "error")]),
    ],
)
@pytest.mark.parametrize("catalog", [ENGLISH, PORTUGUESE], ids=["en", "pt-BR"])
def test_an_error_of_a_look_up_is_found_by_its_code(
    term: str, expected: list[tuple[str, Kind, str]], catalog: Catalog
) -> None:
    """As a card or a report writes it, or bare."""
    assert expected == seen(find(term, catalog))


def test_an_error_is_an_outcome_in_a_record() -> None:
    """The record knows three kinds only."""
    (definition,) = find("error:tls", ENGLISH).definitions

    assert ("tls", "outcome") == tuple(as_record(definition)[key] for key in ("code", "kind"))


@pytest.mark.parametrize(
    ("word", "catalog", "first"),
    [
        *((word, ENGLISH, "machine") for word in ("voicemail", "Mailbox", "answering machine")),
        *((word, ENGLISH, "480") for word in ("unreachable", "not answered", "switched off")),
        ("busy", ENGLISH, "486"),
        ("busy", PORTUGUESE, "486"),
        ("congestion", ENGLISH, "503"),
        ("spam", ENGLISH, "607"),
        ("rejected", ENGLISH, "603"),
        ("hung up", ENGLISH, "error"),
        ("no credit", ENGLISH, "402"),
        ("connection lost", ENGLISH, "connection_lost"),
        *((word, PORTUGUESE, "machine") for word in ("caixa postal", "Secretaria Eletronica")),
        *((word, PORTUGUESE, "480") for word in ("não atendeu", "nao atendeu", "fora de area")),
        ("celular desligado", PORTUGUESE, "480"),
        ("rejeitada", PORTUGUESE, "603"),
        ("recusou", PORTUGUESE, "603"),
        ("bloqueado", PORTUGUESE, "blocked"),
        ("pendente", PORTUGUESE, "pending"),
        ("aguardando", PORTUGUESE, "pending"),
        ("crédito", PORTUGUESE, "402"),
        ("saldo", PORTUGUESE, "402"),
        ("spam", PORTUGUESE, "607"),
        ("não existe", PORTUGUESE, "404"),
    ],
)
def test_an_everyday_word_leads_to_what_it_means(word: str, catalog: Catalog, first: str) -> None:
    """What agents call a result stands first, though no title holds the word."""
    assert first == find(word, catalog).definitions[0].code


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
    assert [(term.lower().rstrip(":"), OUTCOME, outcome)] == seen(find(term, ENGLISH))


@pytest.mark.parametrize(
    ("term", "catalog", "first"),
    [
        ("busy", ENGLISH, "486"),
        ("BUSY line", ENGLISH, "486"),
        ("decline", ENGLISH, "603"),
        ("ocupado", PORTUGUESE, "486"),
        ("número inexistente", PORTUGUESE, "404"),
        ("numero inexistente", PORTUGUESE, "404"),
        ("NÚMERO", PORTUGUESE, "404"),
        ("operadoras", PORTUGUESE, "9xx"),
        ("busy here", PORTUGUESE, "486"),  # the registered phrase is the same in every language
    ],
)
def test_a_word_is_searched_without_accents_and_case(
    term: str, catalog: Catalog, first: str
) -> None:
    """Titles and registered phrases are searched; the entry that a person means is among them."""
    found = find(term, catalog)

    assert first in [one.code for one in found.definitions]
    assert () == found.nearest


def test_a_title_goes_before_a_meaning_and_a_frequent_code_before_a_rare_one() -> None:
    """What a person most likely means stands first."""
    found = find("number", ENGLISH).definitions
    ranks = [
        (
            "number" not in f"{one.entry.phrase} {one.entry.title}".lower(),
            one.entry.kind is SIP and not one.entry.frequent,
        )
        for one in found
    ]

    assert sorted(ranks) == ranks
    assert 8 == len(found)
    assert len(found) == len({(one.entry.kind, one.entry.code) for one in found})


@pytest.mark.parametrize(
    ("term", "catalog", "nearest"),
    [
        ("bussi", ENGLISH, "busy"),
        ("ocupdo", PORTUGUESE, "ocupado"),
        ("numro", PORTUGUESE, "número"),
    ],
)
def test_where_nothing_is_found_the_nearest_words_are_offered(
    term: str, catalog: Catalog, nearest: str
) -> None:
    """A slip of the keyboard leads to a word of a title, written with its accents."""
    found = find(term, catalog)

    assert () == found.definitions
    assert nearest in found.nearest


@pytest.mark.parametrize("term", ["", "   ", "xyzzyx", "1000", "(", "\\b", "%", "48600"])
def test_what_leads_nowhere_finds_nothing(term: str) -> None:
    """Neither a definition nor a word is made up."""
    assert Found(term=" ".join(term.split())) == find(term, ENGLISH)


@given(st.text(max_size=120))
def test_any_term_gives_an_answer(term: str) -> None:
    """No text is an error, and the answer is bounded."""
    found = find(term, ENGLISH)

    assert len(found.term) <= 80
    assert len(found.definitions) <= 8
    assert not (found.definitions and found.nearest)


def test_everything_is_outcomes_then_sip_codes_then_gateway_codes_then_errors() -> None:
    """The bot's own errors are part of the dictionary, at its end."""
    codes = [(one.entry.kind, one.code) for one in everything(ENGLISH)]
    kinds = [OUTCOME, SIP, GATEWAY, ERROR]

    assert set(ENGLISH.entries) == set(codes)
    assert len(codes) == len(set(codes))
    assert sorted(codes, key=lambda key: kinds.index(key[0])) == codes


@pytest.mark.parametrize(
    ("definition", "meaning"),
    [
        (Definition(code="499", entry=ENGLISH.sip(499), remark="New."), "New. "),
        (Definition(code="499", entry=ENGLISH.sip(499)), ""),
    ],
    ids=["with a remark", "without"],
)
def test_a_record_is_flat(definition: Definition, meaning: str) -> None:
    """All keys are present and all values are texts; a remark goes before the meaning."""
    entry = definition.entry

    assert {
        "code": "499",
        "kind": "sip",
        "title": "The call was not accepted as it was made",
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
    """Somebody who reads English may still have the Portuguese word in front of them."""
    english, portuguese = load_catalog(Language.ENGLISH), load_catalog(Language.PORTUGUESE)

    found = find("ocupado", english, [english, portuguese])

    assert "486" == found.definitions[0].code
    assert english.sip(486) is found.definitions[0].entry
    assert () == find("zzzz", english, [english, portuguese]).definitions
