"""The counts in the report of a list."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.call_status import NOT_FOUND, Finding, LookupFailure, Outcome, read_result
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import BulkItem
from bot.domain.jobs.bulk_report import (
    LEAST_ALIKE,
    MOST_EXAMPLES,
    BulkReport,
    ReportCounter,
    alike_report,
)
from bot.domain.texts.catalog import Kind, WhoActs
from bot.domain.texts.explanation import explain
from tests.support.wording import EN

ERRORS = [entry.code for entry in EN.of_kind(Kind.ERROR)]


def finding_of(result: str) -> Finding | None:
    """A result of the gateway, `!timeout` for a failed look-up, empty for an id not looked up."""
    if result.startswith("!"):
        return LookupFailure(error=result[1:], detail="HTTP 502")
    return read_result(result) if result else None


def items(results: Iterable[str]) -> Iterable[BulkItem]:
    """An item for each result."""
    for position, result in enumerate(results):
        yield BulkItem(
            position=position, message_id=MessageId(f"A{position}"), finding=finding_of(result)
        )


def report(*results: str) -> BulkReport:
    """The report of these items."""
    return ReportCounter(items(results)).report(EN)


def test_calls_are_counted_by_outcome_and_what_was_not_asked_is_passed_over() -> None:
    """A failed look-up counts as such and never as a failed call."""
    counted = report("ok:85", "failed:486", "failed:404", "024", "023", "!timeout", "", "")

    assert {
        Outcome.ANSWERED: 1,
        Outcome.FAILED: 2,
        Outcome.PENDING: 1,
        NOT_FOUND: 1,
        Outcome.LOOKUP_FAILED: 1,
    } == counted.counts
    assert 6 == counted.asked
    assert 0 == counted.of(Outcome.MACHINE) == counted.of(Outcome.GATEWAY_ERROR)


def test_the_answer_rate_is_of_calls_with_a_final_status() -> None:
    """Pending, unknown and unreadable ones are not in it, nor an answer without a duration."""
    counted = report("ok:85", "ok:", "failed:486", "machine:200", "024", "023", "what", "!timeout")

    assert (1, 3) == (counted.answered, counted.final)


@pytest.mark.parametrize(("seconds", "brief"), [("0", 1), ("6", 1), ("6.01", 0), ("85", 0)])
def test_answers_that_were_too_short_are_counted_beside(seconds: str, brief: int) -> None:
    """Up to six seconds; they still count as answered."""
    counted = report(f"ok:{seconds}")

    assert (1, brief) == (counted.answered, counted.brief)


def test_the_five_most_frequent_reasons_come_first() -> None:
    """Each as explained for a single call; the number of further ones is reported."""
    codes = ("486", "404", "480", "603", "503", "408", "484")
    results = [f"failed:{code}" for n, code in enumerate(codes) for _ in range(len(codes) - n)]
    counted = report(*reversed(results), "ok:85")

    assert [7, 6, 5, 4, 3] == [reason.count for reason in counted.reasons]
    assert explain(read_result("failed:486"), EN) == counted.reasons[0].explanation
    assert 3 == counted.other_reasons


def test_results_that_are_explained_alike_are_one_reason() -> None:
    """A machine is a machine with any code; a busy line is not one after an answer."""
    counted = report("machine:200", "machine:486", "failed:486", "error:486")

    assert [2, 1, 1] == [reason.count for reason in counted.reasons]
    assert counted.reasons[0].explanation.verdict == Outcome.MACHINE


def test_failed_look_ups_have_reasons_of_their_own() -> None:
    """Neither they nor pending calls count as problems of calls."""
    counted = report("!timeout", "!timeout", "!not_soap", "024", "failed:486")

    assert [Outcome.FAILED] == [one.explanation.verdict for one in counted.reasons]
    assert [2, 1] == [one.count for one in counted.failures]
    assert {Outcome.LOOKUP_FAILED} == {one.explanation.verdict for one in counted.failures}


def test_of_equally_frequent_reasons_the_first_one_comes_first() -> None:
    """So that a report is the same each time."""
    for results in (("failed:404", "failed:486"), ("failed:486", "failed:404")):
        codes = [f"failed:{one.explanation.entry.code}" for one in report(*results).reasons]
        assert [*results] == codes


HALF = LEAST_ALIKE // 2


@pytest.mark.parametrize(
    ("results", "alike"),
    [
        (("failed:480",) * HALF + ("ok:85",) * HALF, True),
        (("failed:480",) * (HALF - 1) + ("ok:85",) * (HALF + 1), False),
        (("failed:480",) * (LEAST_ALIKE - 1), False),
        (("failed:480",) * (LEAST_ALIKE - 1) + ("024",) * 9, False),
        (("blocked:608",) * LEAST_ALIKE, True),
        (("error:503",) * LEAST_ALIKE, True),
        (("failed",) * LEAST_ALIKE, True),
        # A machine is one reason, with any code.
        (("machine:200",) * HALF + ("machine:486",) * HALF, True),
        (("failed:480",) * HALF + ("failed:487",) * HALF, True),
        (("failed:480",) * HALF + ("failed:487",) * (HALF - 1) + ("ok:85",) * 2, False),
        (("850",) * LEAST_ALIKE + ("ok:85",) * LEAST_ALIKE, False),
    ],
)
def test_many_calls_that_end_alike_are_no_matter_of_single_phones(
    results: tuple[str, ...], alike: bool
) -> None:
    """Half of twenty or more with a final status: gateway support has to look into it."""
    first = report(*results).reasons[0]

    assert alike == first.alike
    assert alike == (EN.say("advice.alike") == first.explanation.entry.advice)
    if alike:
        entry = first.explanation.entry
        assert WhoActs.GATEWAY is entry.who_acts
        assert EN.gateway("777").contact == entry.contact != ""


def test_both_halves_may_have_their_reason() -> None:
    """Two codes of half the calls each: both are reported."""
    counted = report(*("failed:480",) * HALF, *("failed:487",) * HALF)

    assert [True, True] == [one.alike for one in counted.reasons]


def test_a_reason_names_its_first_calls() -> None:
    """Over all results that are explained alike, in the list's order within each."""
    counted = report("ok:85", *("machine:200",) * 2, *("machine:486",) * MOST_EXAMPLES)

    named = [MessageId(f"A{number}") for number in range(1, 1 + MOST_EXAMPLES)]
    assert named == [*counted.reasons[0].examples]


@pytest.mark.parametrize(
    ("raw", "result"),
    [("failed:480", "failed:480"), ("machine:200", "machine"), ("error", "error")],
)
def test_the_report_of_calls_that_end_alike_can_be_sent(raw: str, result: str) -> None:
    """How many of how many, with which code, and some ids as they may be shown."""
    counted = report(*(raw,) * LEAST_ALIKE, "ok:85")
    (reason,) = counted.reasons

    assert (
        alike_report(reason, counted.ended, ["A0", "A…1"], EN)
        == EN.say(
            "report.alike",
            count=LEAST_ALIKE,
            calls=LEAST_ALIKE + 1,
            result=result,
            reason=reason.explanation.entry.title,
            ids="A0, A…1",
        ).strip()
    )


def test_answers_of_the_sandbox_are_counted() -> None:
    """They are not real calls, which the report says."""
    item = BulkItem(
        position=0, message_id=MessageId("A"), finding=read_result("ok:85"), sandbox=True
    )

    assert 1 == ReportCounter([item]).report(EN).sandbox


results = st.one_of(
    st.sampled_from(["ok:85", "ok:3", "ok:", "024", "023", "900", "", "what"]),
    st.sampled_from([f"!{code}" for code in ERRORS]),
    st.tuples(st.sampled_from(["failed", "error", "blocked", "machine"]), st.integers(0, 999)).map(
        lambda pair: f"{pair[0]}:{pair[1]:03d}"
    ),
    st.text(max_size=30).filter(lambda text: not text.startswith("!")),
)


@given(given_results=st.lists(results, max_size=60))
def test_no_call_is_lost_or_counted_twice(given_results: list[str]) -> None:
    """For any items, each one is answered, among the reasons, pending, or a failed look-up."""
    counted = report(*given_results)
    reasoned = sum(one.count for one in counted.reasons) + counted.other_reasons

    assert counted.asked == sum(bool(one) for one in given_results)
    assert counted.asked == reasoned + sum(
        counted.of(one) for one in (Outcome.ANSWERED, Outcome.PENDING, Outcome.LOOKUP_FAILED)
    )
    assert 0 <= counted.brief <= counted.answered <= counted.final <= counted.asked


def peak(count: int) -> int:
    """The peak of allocated bytes while this many items are counted."""
    reckoning = ReportCounter()
    tracemalloc.start()
    try:
        for item in items(f"failed:{400 + n % 90}" for n in range(count)):
            reckoning.add(item)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_memory_is_the_same_for_any_number_of_calls() -> None:
    """Ten times as many take no more memory; a page of rows would be visible here."""
    peak(100)

    assert peak(5_000) < 2 * peak(90 * MOST_EXAMPLES)
