"""The explanation of a status for a user. Test ids begin with docs/readings.md's numbers."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.domain.call_status import Finding, LookupFailure, Outcome, read_result
from bot.domain.texts.catalog import Catalog, Kind, Retry, WhoActs, capitalised
from bot.domain.texts.explanation import Explanation, explain
from tests.support.wording import EN, PT, UNLISTED, say

CATALOGS = pytest.mark.parametrize("catalog", [EN, PT], ids=["en", "pt-BR"])


def lasted(seconds: int) -> str:
    """A duration in English."""
    return EN.writing.duration(Decimal(seconds))


def told(raw: str, catalog: Catalog = EN) -> Explanation:
    """The explanation of a result text."""
    return explain(read_result(raw), catalog)


def because(name: str, title: str) -> str:
    """A headline that gives the reason."""
    return say(f"headline.{name}_because", reason=capitalised(title))


@pytest.mark.parametrize(
    ("raw", "outcome", "headline", "who", "retry"),
    [
        ("ok:85.00", "answered", say("headline.answered", duration=lasted(85)), "nobody", "no"),
        ("ok:3.00", "answered", say("headline.answered_briefly", duration=lasted(3)),
         "sender", "later"),
        ("ok:0.00", "answered", say("headline.answered_briefly", duration=lasted(0)),
         "sender", "later"),
        # The verdict is certain, the number is not.
        ("ok:x", "answered", say("headline.answered_unknown_duration"), "nobody", "no"),
        ("failed:200", "failed", say("headline.failed_after_answer"), "agent", "no"),
        ("error:200", "error", say("headline.error_after_answer"), "agent", "no"),
        ("failed", "failed", say("headline.failed"), "sender", "later"),
        (f"failed:{UNLISTED}", "failed", because("failed", EN.sip(int(UNLISTED)).title),
         "gateway", "no"),
        ("failed:486", "failed", because("failed", EN.sip(486).title), "sender", "later"),
        ("failed:404", "failed", because("failed", EN.sip(404).title), "sender", "no"),
        ("error:503", "error", because("error", EN.sip(503).title), "carrier", "later"),
        ("blocked:608", "blocked", because("blocked", EN.sip(608).title), "gateway", "no"),
        ("blocked:486", "blocked", say("headline.blocked"), "sender", "no"),
        ("machine:200", "machine", say("headline.machine"), "sender", "later"),
        ("024", "pending", say("headline.pending"), "nobody", "yes"),
        ("023", "gateway_error",
         say("headline.gateway_error", reason=EN.gateway("023").heading, code="023"),
         "agent", "no"),
        ("900", "gateway_error",
         say("headline.gateway_error", reason=EN.gateway("900").heading, code="900"),
         "bot_admin", "no"),
        ("hello", "unrecognised", say("headline.unrecognised"), "gateway", "no"),
    ],
)  # fmt: skip
def test_each_outcome_has_its_verdict(
    raw: str, outcome: str, headline: str, who: str, retry: str
) -> None:
    """One line says what happened, the rest who must act and whether to try again."""
    explanation = told(raw)

    assert (outcome, headline) == (read_result(raw).outcome, explanation.headline)
    assert (who, retry) == (explanation.entry.who_acts, explanation.entry.retry)


@pytest.mark.parametrize(
    ("raw", "remark", "who", "retry"),
    [
        ("ok:0.00", "zero_seconds", WhoActs.SENDER, Retry.LATER),
        ("ok:0.01", "short_call", WhoActs.SENDER, Retry.LATER),
        ("ok:6.00", "short_call", WhoActs.SENDER, Retry.LATER),
        ("ok:6.01", "", WhoActs.NOBODY, Retry.NO),
        ("ok", "no_duration", WhoActs.NOBODY, Retry.NO),
        ("ok:abc", "no_duration", WhoActs.NOBODY, Retry.NO),
    ],
)
def test_11_12_an_answered_call_may_have_been_too_short(
    raw: str, remark: str, who: WhoActs, retry: Retry
) -> None:
    """A message cannot be heard in six seconds; an unknown duration is reported as unknown."""
    explanation = told(raw)

    remarks = (say(f"remark.{remark}", seconds=6),) if remark else ()
    assert remarks == explanation.remarks
    assert (who, retry) == (explanation.entry.who_acts, explanation.entry.retry)
    short = who is WhoActs.SENDER
    advice = say("advice.answered_briefly") if short else EN.outcome("answered").advice
    assert advice == explanation.entry.advice


@pytest.mark.parametrize(
    ("raw", "entry", "remarks"),
    [
        ("failed:486", "486", []),
        ("failed", "failed", ["no_code"]),
        ("failed:busy", "failed", ["no_code"]),
        ("machine:xyz", "machine", ["no_code"]),
        # 15: by its class, which the text states
        (f"failed:{UNLISTED}", "4xx", ["not_listed"]),
        ("error:699", "6xx", ["not_listed"]),
        ("failed:409", "409", ["not_registered"]),
        # 16: no SIP code, so the word alone is explained
        ("failed:701", "failed", ["not_sip"]),
        ("failed:000", "failed", ["not_sip"]),
        ("error:999", "error", ["not_sip"]),
        ("blocked:900", "blocked", ["not_sip"]),
        # 17: not a final answer, which the texts of these codes state
        ("failed:100", "100", []),
        ("error:183", "183", []),
        ("failed:150", "1xx", ["not_listed"]),
        ("blocked:183", "blocked", ["provisional"]),
        # 18: answered; of the 2xx codes only 200 means that
        ("blocked:200", "blocked", ["answered_then_failed"]),
        ("failed:202", "202", []),
        ("failed:299", "2xx", ["not_listed"]),
        # 19: the word decides, with any code
        ("machine:200", "machine", []),
        ("machine:100", "machine", []),
        ("machine:486", "machine", []),
        # 21: the word decides, unless the code names who barred the call
        ("blocked:486", "blocked", []),
        ("blocked:499", "blocked", []),
        ("blocked:409", "blocked", []),
        ("blocked", "blocked", ["no_code"]),
        ("blocked:403", "403", []),
        ("blocked:603", "blocked", []),
        ("blocked:607", "607", []),
        ("blocked:608", "608", []),
    ],
)
def test_a_call_is_explained_by_its_code_or_by_its_word(
    raw: str, entry: str, remarks: list[str]
) -> None:
    """Meaning and advice come from one entry; a remark beside it explains an unusual code."""
    explanation = told(raw)
    code = raw.partition(":")[2]

    kind = Kind.SIP if entry[0].isdigit() else Kind.OUTCOME
    assert EN.entries[kind, entry] == explanation.entry
    assert tuple(say(f"remark.{one}", code=code) for one in remarks) == explanation.remarks


@CATALOGS
@pytest.mark.parametrize("raw", ["failed:200", "error:200"])
def test_18_a_call_that_failed_after_the_answer_is_explained_as_such(
    raw: str, catalog: Catalog
) -> None:
    """Neither the texts of an answered call nor those of a failed one fit, so it has its own."""
    explanation = told(raw, catalog)

    assert catalog.say(f"headline.{read_result(raw).outcome}_after_answer") == explanation.headline
    assert catalog.say("meaning.after_answer") == explanation.entry.meaning
    assert catalog.say("advice.after_answer") == explanation.entry.advice
    assert (WhoActs.AGENT, ()) == (explanation.entry.who_acts, explanation.remarks)
    assert (Kind.SIP, "200") == (explanation.entry.kind, explanation.entry.code)


@CATALOGS
def test_a_headline_begins_with_its_reason(catalog: Catalog) -> None:
    """Up to the colon; it has no duration, so that calls that ended alike have one."""
    groups = (("failed:486",), ("ok:85", "ok:30", "ok"), ("ok:3", "ok:0"), ("error:486",), ("024",))
    reasons = [{told(one, catalog).reason for one in group} for group in groups]

    assert [] == [entry.code for entry in catalog.entries.values() if ":" in entry.title]
    assert [1] * len(groups) == [len(one) for one in reasons]
    assert {catalog.sip(486).heading} == reasons[0] == reasons[3]
    headlines = [told(one, catalog).headline for one, *_ in groups]
    assert [True] * len(groups) == [
        one.startswith(min(reason)) for one, reason in zip(headlines, reasons, strict=True)
    ]


@CATALOGS
def test_nothing_is_said_twice_about_one_result(catalog: Catalog) -> None:
    """Headline, meaning, remarks and advice repeat no sentence, for any result."""
    words, answered = ("failed", "error", "blocked", "machine"), ("ok", "ok:0", "ok:3", "ok:9")
    # Every entry, one code of each group, and codes that are not SIP.
    gateway = [entry.code.replace("x", "9") for entry in catalog.of_kind(Kind.GATEWAY)]
    sip = [entry.code.replace("x", "9") for entry in catalog.of_kind(Kind.SIP)]
    results = [f"{word}:{code}" for word in words for code in (*sip, "701")]
    raws = (*gateway, "777", *words, *answered, *results)
    findings: list[Finding] = [read_result(raw) for raw in raws]
    findings += [LookupFailure(error=entry.code) for entry in catalog.of_kind(Kind.ERROR)]

    for finding in findings:
        one = explain(finding, catalog)
        said = " ".join((one.headline, one.entry.meaning, *one.remarks, one.entry.advice))
        sentences = [part.strip(" .").casefold() for part in re.split(r"[.:;] ", said)]
        assert len(set(sentences)) == len(sentences), said


@pytest.mark.parametrize(
    ("raw", "verdict"),
    [
        ("ok:85", "answered"),
        ("ok:6", "answered_briefly"),
        ("ok", "answered"),
        ("failed:200", "failed"),
        ("023", "gateway.023"),
        ("001", "gateway_error"),
        ("024", "pending"),
        ("?", "unrecognised"),
    ],
)
@CATALOGS
def test_a_verdict_names_its_icon(raw: str, verdict: str, catalog: Catalog) -> None:
    """A finer verdict than the outcome has its own icon; the outcome does not change."""
    explanation = told(raw, catalog)

    assert verdict == explanation.verdict
    assert catalog.say(f"icon.{verdict}")


@pytest.mark.parametrize("word", ["failed", "error", "blocked", "machine"])
@given(code=st.integers(min_value=0, max_value=999))
def test_20_the_word_decides_the_outcome_whatever_the_code(word: str, code: int) -> None:
    """The same code is another verdict after another word; 200 after the answer is separate."""
    assume(code != 200 or word in {"blocked", "machine"})
    explanation = told(f"{word}:{code:03d}")
    entry = explanation.entry
    by_code = entry.kind is Kind.SIP
    headline = because(word, entry.title) if by_code else say(f"headline.{word}")

    assert (word, headline) == (explanation.verdict, explanation.headline)
    if word == "machine":
        assert EN.outcome("machine") == entry


@pytest.mark.parametrize(
    ("code", "entry", "who", "contact"),
    [
        ("001", "001", WhoActs.BOT_ADMIN, ""),
        ("019", "019", WhoActs.BOT_ADMIN, ""),
        ("022", "022", WhoActs.BOT_ADMIN, ""),
        ("023", "023", WhoActs.AGENT, ""),
        ("024", "024", WhoActs.NOBODY, ""),
        ("800", "8xx", WhoActs.GATEWAY, "Suporte Mobi Pronto"),
        ("899", "8xx", WhoActs.GATEWAY, "Suporte Mobi Pronto"),
        ("900", "900", WhoActs.BOT_ADMIN, ""),
        ("901", "9xx", WhoActs.GATEWAY, "Equipe MobilePronto"),
        ("999", "9xx", WhoActs.GATEWAY, "Equipe MobilePronto"),
        ("000", "undocumented", WhoActs.GATEWAY, "Suporte Mobi Pronto"),
        ("486", "undocumented", WhoActs.GATEWAY, "Suporte Mobi Pronto"),
    ],
)
def test_a_gateway_code_is_explained_by_its_family(
    code: str, entry: str, who: WhoActs, contact: str
) -> None:
    """Each names who must act, and the contact from the specification."""
    explanation = told(code)

    assert (Kind.GATEWAY, entry) == (explanation.entry.kind, explanation.entry.code)
    assert (who, contact) == (explanation.entry.who_acts, explanation.entry.contact)
    assert (EN.gateway(code), ()) == (explanation.entry, explanation.remarks)


@CATALOGS
@pytest.mark.parametrize("code", ["001", "022", "023", "850", "900", "950", "000"])
def test_the_headline_of_a_gateway_error_names_the_code(code: str, catalog: Catalog) -> None:
    """An engineer can search for it."""
    assert code in told(code, catalog).headline


@CATALOGS
def test_a_failed_look_up_never_says_that_the_call_failed(catalog: Catalog) -> None:
    """Every error of the tree has its own outcome, entry and headline."""
    verdicts = [catalog.say(f"headline.{word}").rstrip(".") for word in ("failed", "error")]
    errors = [entry.code for entry in catalog.of_kind(Kind.ERROR)]

    for error in errors:
        explanation = explain(LookupFailure(error=error, detail="HTTP 502"), catalog)
        entry = catalog.error(error)
        said = f"{explanation.headline} {explanation.entry.meaning} {explanation.entry.advice}"
        assert Outcome.LOOKUP_FAILED == explanation.verdict
        assert catalog.say("headline.lookup_failed", reason=entry.heading) == explanation.headline
        assert (entry, ()) == (explanation.entry, explanation.remarks)
        assert not [verdict for verdict in verdicts if verdict in said]
        assert "HTTP 502" not in said


@CATALOGS
@given(raw=st.text(max_size=30) | st.from_regex(r"\A(ok|failed|blocked|machine)?:?[0-9.]{0,6}\Z"))
def test_any_answer_is_explained(catalog: Catalog, raw: str) -> None:
    """For any text of the gateway, there is a verdict, a meaning and a next step."""
    explanation = told(raw, catalog)

    assert explanation.headline
    assert explanation.entry.meaning
    assert explanation.entry.advice
    assert "{" not in f"{explanation.headline}{explanation.remarks}"
