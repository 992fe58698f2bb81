"""Texts that must not occur for a reading, numbers in a user's format, and the record.

The names begin with the numbers of docs/readings.md; the expected texts are in tests/cards.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.call_status import CallStatus, Finding, LookupFailure, Outcome, read_result
from bot.domain.texts.explanation import as_record, explain
from tests.support.wording import EN, PT

PAGE = Path(__file__).parents[2] / "docs/readings.md"


@pytest.mark.parametrize(
    ("raw", "english", "portuguese"),
    [
        ("0.00", "0 s", "0 s"),
        ("0.4", "0.4 s", "0,4 s"),
        ("50.00", "50 s", "50 s"),
        ("5.126", "5.13 s", "5,13 s"),
        ("9.99", "9.99 s", "9,99 s"),
        ("9.996", "10 s", "10 s"),
        ("52.25", "52 s", "52 s"),
        ("59.5", "1 min", "1 min"),
        ("85.00", "1 min 25 s", "1 min 25 s"),
        ("119.5", "2 min", "2 min"),
        ("3600.4", "1 h", "1 h"),
        ("7385", "2 h 3 min 5 s", "2 h 3 min 5 s"),
        ("123456789.5", "34,293 h 33 min 10 s", "34.293 h 33 min 10 s"),
    ],
)
def test_06_a_duration_is_written_as_people_say_it(raw: str, english: str, portuguese: str) -> None:
    """At most two decimals; whole seconds from a minute on; hours; nothing that is zero."""
    duration = Decimal(raw)

    assert english == EN.writing.duration(duration)
    assert portuguese == PT.writing.duration(duration)


@pytest.mark.parametrize(
    ("number", "english", "portuguese"),
    [(0, "0", "0"), (999, "999", "999"), (1_000, "1,000", "1.000"), (-4_500, "-4,500", "-4.500")],
)
def test_a_number_is_written_with_thousands_apart(
    number: int, english: str, portuguese: str
) -> None:
    """In the language's own characters, in every phrase that has one."""
    assert english == EN.writing.number(number)
    assert portuguese == PT.writing.number(number)


@pytest.mark.parametrize(
    ("part", "whole", "english", "portuguese"),
    [
        (0, 3, "0%", "0%"),
        (3, 3, "100%", "100%"),
        (1, 3, "33.3%", "33,3%"),
        (5, 8, "62.5%", "62,5%"),
        (1, 2_000, "0.1%", "0,1%"),  # half a tenth is a whole one
        (1, 10_000, "0.1%", "0,1%"),
        (9_999, 10_000, "99.9%", "99,9%"),
    ],
)
def test_a_share_is_written_with_one_decimal(
    part: int, whole: int, english: str, portuguese: str
) -> None:
    """A rounded share is never shown as nothing or as all."""
    assert english == EN.writing.share(part, whole)
    assert portuguese == PT.writing.share(part, whole)


@pytest.mark.parametrize(("code", "other"), [("001", "token"), ("019", "credencial")])
def test_40_a_wrong_key_is_not_blamed_on_the_other(code: str, other: str) -> None:
    """Only the gateway's own information is shown."""
    explanation = explain(read_result(code), PT)

    assert other not in f"{explanation.headline} {explanation.entry.meaning}".lower()


def test_41_022_is_no_daily_limit() -> None:
    """The meaning that the code has elsewhere is not borrowed."""
    for catalog in (EN, PT):
        explanation = explain(read_result("022"), catalog)
        assert "limit" not in f"{explanation.headline} {explanation.entry.meaning}".lower()


def record(finding: Finding) -> dict[str, str | int | float | bool | None]:
    """The record of a finding in English."""
    return as_record("X-1", finding, explain(finding, EN))


FACTS = ("outcome", "final", "sip_code", "duration_seconds", "gateway_code", "error", "raw")


@pytest.mark.parametrize(
    ("finding", "facts"),
    [
        (read_result("ok:85.00"), ("answered", True, None, 85.0, None, None, "ok:85.00")),
        (read_result("ok"), ("answered", False, None, None, None, None, "ok")),
        (read_result("failed:486 "), ("failed", True, 486, None, None, None, "failed:486 ")),
        (read_result("failed:701"), ("failed", True, None, None, None, None, "failed:701")),
        (read_result("error:503"), ("error", True, 503, None, None, None, "error:503")),
        (read_result("blocked:608"), ("blocked", True, 608, None, None, None, "blocked:608")),
        (read_result("machine:200"), ("machine", True, 200, None, None, None, "machine:200")),
        (read_result("024"), ("pending", False, None, None, "024", None, "024")),
        (read_result("001 x"), ("gateway_error", False, None, None, "001", None, "001 x")),
        (read_result("?"), ("unrecognised", False, None, None, None, None, "?")),
        (LookupFailure(error="tls"), ("lookup_failed", False, None, None, None, "tls", None)),
    ],
    ids=[outcome.value for outcome in (Outcome.ANSWERED, Outcome.ANSWERED)] + ["failed"] * 2
    + ["error", "blocked", "machine", "pending", "gateway_error", "unrecognised", "lookup_failed"],
)  # fmt: skip
def test_a_record_holds_the_facts(finding: Finding, facts: tuple[object, ...]) -> None:
    """All thirteen keys are there, in order, null where they do not apply, texts as on the card."""
    explanation = explain(finding, EN)
    words = {
        "headline": explanation.headline,
        "meaning": explanation.entry.meaning,
        "advice": explanation.entry.advice,
        "who_acts": explanation.entry.who_acts.value,
        "retry": explanation.entry.retry.value,
    }
    found = record(finding)

    assert {"idmsg": "X-1"} | dict(zip(FACTS, facts, strict=True)) | words == found
    assert [
        *("idmsg", "outcome", "final", "sip_code", "duration_seconds", "gateway_code", "error"),
        *("headline", "meaning", "advice", "who_acts", "retry", "raw"),
    ] == list(found)


@pytest.mark.parametrize(
    ("key", "kind"),
    [("final", bool), ("sip_code", int), ("duration_seconds", float), ("gateway_code", str),
     ("error", str), ("outcome", str), ("who_acts", str), ("retry", str)],
)  # fmt: skip
def test_a_value_of_a_record_has_one_type(key: str, kind: type) -> None:
    """The JSON values are numbers, texts, truth values or null, not subclasses."""
    raws = ("ok:85", "failed:486", "001", "024", "?")
    findings: list[CallStatus | LookupFailure] = [read_result(raw) for raw in raws]
    values = [record(finding)[key] for finding in [*findings, LookupFailure(error="tls")]]

    assert {kind} == {type(value) for value in values if value is not None}


def test_the_page_of_readings_has_every_number_once() -> None:
    """docs/readings.md has the readings 1 to 42 in order, each with its reason."""
    rows = re.findall(r"^\| (\d+) \|(.+)\|$", PAGE.read_text("utf-8"), re.MULTILINE)

    assert list(range(1, 43)) == [int(number) for number, _ in rows]
    assert {4} == {len(cells.split(" | ")) for _, cells in rows}
