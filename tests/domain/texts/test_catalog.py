"""Finding the entry of a code, and saying a phrase."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bot.domain.texts.catalog import (
    Catalog,
    Entry,
    Kind,
    Language,
    Phrase,
    Retry,
    WhoActs,
    Writing,
    capitalised,
)
from tests.support.wording import EN, UNLISTED


@pytest.mark.parametrize(
    ("code", "entry"),
    [
        (486, "486"),
        (100, "100"),
        (608, "608"),
        (101, "1xx"),
        (299, "2xx"),
        (399, "3xx"),
        (int(UNLISTED), "4xx"),
        (599, "5xx"),
        (699, "6xx"),
    ],
)
def test_15_a_sip_code_has_its_entry_or_that_of_its_class(code: int, entry: str) -> None:
    """A code that is not listed counts as its class (RFC 3261 §8.1.3.2)."""
    found = EN.sip(code)

    assert (Kind.SIP, entry) == (found.kind, found.code)


@pytest.mark.parametrize(
    ("code", "entry"),
    [
        ("001", "001"),
        ("024", "024"),
        ("799", "undocumented"),
        ("800", "8xx"),
        ("899", "8xx"),
        ("900", "900"),
        ("901", "9xx"),
        ("999", "9xx"),
        ("000", "undocumented"),
        ("002", "undocumented"),
        ("486", "undocumented"),
    ],
)
def test_26_a_gateway_code_has_its_entry_or_that_of_its_range(code: str, entry: str) -> None:
    """900 is alone between two ranges, and an undocumented code has a neutral entry."""
    found = EN.gateway(code)

    assert (Kind.GATEWAY, entry) == (found.kind, found.code)


@pytest.mark.parametrize("kind", Kind)
def test_entries_are_listed_by_their_kind(kind: Kind) -> None:
    """Each kind gives all of its entries and no other."""
    expected = [entry for (of, _), entry in EN.entries.items() if of is kind]

    assert expected == list(EN.of_kind(kind))
    assert {kind} == {entry.kind for entry in expected}


def test_outcomes_and_errors_are_found_by_name() -> None:
    """Both have an entry of their kind."""
    assert (Kind.OUTCOME, "machine") == (EN.outcome("machine").kind, "machine")
    assert (Kind.ERROR, "timeout") == (EN.error("timeout").kind, "timeout")


def entry(kind: Kind, code: str) -> Entry:
    """An entry with little more than its code."""
    return Entry(
        kind=kind,
        code=code,
        title="é aqui",
        meaning="",
        advice="",
        who_acts=WhoActs.NOBODY,
        retry=Retry.NO,
    )


@pytest.mark.parametrize("who", WhoActs)
def test_the_reader_and_nobody_are_not_another(who: WhoActs) -> None:
    """Only another party is named as the one who resolves it."""
    assert who.is_another is (who.value not in {"agent", "nobody"})


@pytest.mark.parametrize(
    ("code", "group"), [("486", False), ("4xx", True), ("undocumented", True), ("001", False)]
)
def test_an_entry_for_many_codes_is_a_group(code: str, group: bool) -> None:
    """Only a single number is the code of one entry."""
    assert group is entry(Kind.SIP, code).is_group


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("busy", "Busy"),
        ("é aqui", "É aqui"),
        ("a SIP", "A SIP"),
        ("", ""),
    ],
)
def test_a_heading_changes_the_first_letter_only(text: str, heading: str) -> None:
    """Abbreviations stay in capitals, and an empty text remains empty."""
    assert heading == capitalised(text)


def test_the_heading_of_an_entry_is_its_title() -> None:
    """With a capital letter."""
    assert "É aqui" == entry(Kind.SIP, "486").heading


PHRASES: Mapping[str, Phrase] = {
    "plain": "Hello.",
    "filled": "{name} and {name}, {count}",
    "plural": {"one": "{count} call", "other": "{count} calls"},
    "too_many.more_than": "more than {count}",
}
SMALL = Catalog(
    language=Language.ENGLISH,
    entries={},
    phrases=PHRASES,
    writing=Writing(comma=True, none_is_one=False),
)


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("plain", {}, "Hello."),
        ("plain", {"unused": 1}, "Hello."),
        ("filled", {"name": "{x}", "count": 2}, "{x} and {x}, 2"),
        ("filled", {"name": "4000", "count": 4_000}, "4000 and 4000, 4.000"),
        ("plural", {"count": 1}, "1 call"),
        ("plural", {"count": 0}, "0 calls"),
        ("plural", {"count": 2}, "2 calls"),
        ("plural", {"count": 1_000_000}, "1.000.000 calls"),
    ],
)
def test_a_phrase_is_filled_in(name: str, values: dict[str, object], said: str) -> None:
    """Values appear where the phrase names them, and a count selects the plural form."""
    assert said == SMALL.say(name, **values)


def test_a_count_is_a_number_or_more_than_that() -> None:
    """As the value of another phrase."""
    assert 4_000 == SMALL.counted(4_000, more=False)
    assert "more than 4.000" == SMALL.counted(4_000, more=True)


def test_a_phrase_that_does_not_exist_is_an_error() -> None:
    """A wrong name is a fault of the program, not an empty text."""
    with pytest.raises(KeyError, match="nowhere"):
        SMALL.say("nowhere")


def test_a_plural_takes_a_whole_number() -> None:
    """Texts and fractions have no plural form."""
    with pytest.raises(TypeError, match="whole number"):
        SMALL.say("plural", count="2")
