"""A status or a failed look-up, explained: verdict, meaning, next step, who acts.

For the agent; and for the customer in a short reply that an agent copies and sends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from bot.domain.call_status import CallStatus, Outcome
from bot.domain.texts.catalog import Catalog, CustomerReason, Entry, Kind, Retry, WhoActs

# Anatel has counted calls of up to six seconds as short ones since June 2024; a message cannot be
# heard in that time.
SHORT_CALL_SECONDS: Final = 6

_PROVISIONAL: Final = range(100, 200)
# Of the 2xx codes only this one means that a call was answered.
_ANSWERED: Final = 200
_GUIDED_BY_CODE: Final = frozenset({Outcome.FAILED, Outcome.ERROR})

# The customer's reason where no SIP code has its own (`customer` in locales/codes.toml).
_CHECKING: Final = "checking"
_TO_CUSTOMERS: Final = {
    Outcome.MACHINE: "machine",
    Outcome.PENDING: "pending",
    Outcome.GATEWAY_ERROR: _CHECKING,
    Outcome.UNRECOGNISED: _CHECKING,
}
# If a call broke off, these codes add nothing that the customer does not already know.
_BROKEN_OFF: Final = frozenset({CustomerReason.NETWORK, CustomerReason.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupFailure:
    """The look-up failed. Says nothing about the call.

    Attributes:
        error: a code of the gateway's error tree, such as "timeout".
        detail: a short fact for an engineer ("HTTP 502"), never text from the wire.
        moment: a time that some error texts mention, aware: since when the gateway has been down,
            or when it may be asked again.
    """

    error: str
    detail: str = ""
    moment: datetime | None = None


Finding = CallStatus | LookupFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The texts that a user reads.

    Attributes:
        verdict: the name of the headline's icon, and of its count if that has one: the outcome, or
            a finer case of it such as "answered_briefly" or "gateway.023".
        headline: the verdict in one line.
        meaning: plain sentences.
        advice: what to do next.
        remarks: facts about this result that the general text does not cover.
        entry: the source of the texts; its `source`, `phrase` and `contact` go on the card.
    """

    outcome: Outcome
    verdict: str
    headline: str
    meaning: str
    advice: str
    who_acts: WhoActs
    retry: Retry
    entry: Entry
    remarks: tuple[str, ...] = ()


def explain(finding: Finding, catalog: Catalog) -> Explanation:
    """Explain the result of a look-up, in the catalog's language."""
    if isinstance(finding, LookupFailure):
        return _explain_failure(finding, catalog)
    if finding.gateway_code is not None:
        return _explain_gateway(finding, finding.gateway_code, catalog)
    if finding.outcome is Outcome.ANSWERED:
        return _explain_answered(finding, catalog)
    if finding.sip_code == _ANSWERED and finding.outcome in _GUIDED_BY_CODE:
        return _explain_after_answer(finding, catalog)
    return _explain_call(finding, catalog)


def _from_entry(
    entry: Entry,
    outcome: Outcome,
    headline: str,
    *,
    verdict: str = "",
    remarks: tuple[str, ...] = (),
) -> Explanation:
    """The entry's explanation, under this headline."""
    return Explanation(
        outcome=outcome,
        verdict=verdict or outcome.value,
        headline=headline,
        meaning=entry.meaning,
        advice=entry.advice,
        who_acts=entry.who_acts,
        retry=entry.retry,
        entry=entry,
        remarks=remarks,
    )


def _explain_failure(failure: LookupFailure, catalog: Catalog) -> Explanation:
    entry = catalog.error(failure.error)
    headline = catalog.say("headline.lookup_failed", reason=entry.title)
    return _from_entry(entry, Outcome.LOOKUP_FAILED, headline)


def _explain_gateway(status: CallStatus, code: str, catalog: Catalog) -> Explanation:
    entry = catalog.gateway(code)
    own = f"gateway.{code}"
    verdict = own if f"headline.{own}" in catalog.phrases else status.outcome.value
    headline = catalog.say(f"headline.{verdict}", reason=entry.title, code=code)
    return _from_entry(entry, status.outcome, headline, verdict=verdict)


def _explain_answered(status: CallStatus, catalog: Catalog) -> Explanation:
    entry, seconds = catalog.outcome("answered"), status.duration
    if seconds is None:
        headline = catalog.say("headline.answered_unknown_duration")
        remarks = (catalog.say("remark.no_duration"),)
        return _from_entry(entry, status.outcome, headline, remarks=remarks)
    short = seconds <= SHORT_CALL_SECONDS
    verdict = "answered_briefly" if short else status.outcome.value
    explanation = _from_entry(
        entry,
        status.outcome,
        catalog.say(f"headline.{verdict}", duration=catalog.writing.duration(seconds)),
        verdict=verdict,
        remarks=_remarks_on_duration(seconds, catalog),
    )
    if not short:
        return explanation
    advice = catalog.say("advice.answered_briefly")
    return replace(explanation, advice=advice, who_acts=WhoActs.SENDER, retry=Retry.LATER)


def _remarks_on_duration(seconds: Decimal, catalog: Catalog) -> tuple[str, ...]:
    if seconds == 0:
        return (catalog.say("remark.zero_seconds"),)
    if seconds <= SHORT_CALL_SECONDS:
        return (catalog.say("remark.short_call", seconds=SHORT_CALL_SECONDS),)
    return ()


def _explain_after_answer(status: CallStatus, catalog: Catalog) -> Explanation:
    """`failed:200` and `error:200`: the call was picked up, and failed after that."""
    headline = catalog.say(f"headline.{status.outcome.value}_after_answer")
    return replace(
        _from_entry(catalog.sip(_ANSWERED), status.outcome, headline),
        meaning=catalog.say("meaning.after_answer"),
        advice=catalog.say("advice.after_answer"),
        who_acts=WhoActs.AGENT,
    )


def _explain_call(status: CallStatus, catalog: Catalog) -> Explanation:
    """The calls that failed, were blocked or reached a machine, and unrecognised results."""
    own = catalog.outcome(status.outcome)
    sip = catalog.sip(status.sip_code) if status.sip_code is not None else None
    guide = sip if sip is not None and _code_guides(status, sip) else own
    headline = _call_headline(status, None if guide is own else guide, catalog)
    remarks = _remarks_on_code(status, guide, catalog)
    return _from_entry(guide, status.outcome, headline, remarks=remarks)


def _code_guides(status: CallStatus, sip: Entry) -> bool:
    """Whether the SIP code, rather than the word before it, decides the next step.

    For `machine` the word alone decides; for `blocked` the word, unless the code names who barred
    the call.
    """
    if status.outcome is Outcome.BLOCKED:
        return sip.barring
    return status.outcome in _GUIDED_BY_CODE


def _call_headline(status: CallStatus, reason: Entry | None, catalog: Catalog) -> str:
    name = f"headline.{status.outcome.value}"
    if reason is None:
        return catalog.say(name)
    return catalog.say(f"{name}_because", reason=reason.title)


def _remarks_on_code(status: CallStatus, guide: Entry, catalog: Catalog) -> tuple[str, ...]:
    """What is unusual about the code, unless its entry's texts mention it."""
    if status.other_code is not None:
        return (catalog.say("remark.not_sip", code=f"{status.other_code:03d}"),)
    if status.off_format:
        return (catalog.say("remark.no_code"),)
    if guide.kind is Kind.SIP:
        return _remarks_on_entry(status, guide, catalog)
    if status.outcome is Outcome.BLOCKED and status.sip_code in _PROVISIONAL:
        return (catalog.say("remark.provisional", code=status.sip_code),)
    if status.outcome is Outcome.BLOCKED and status.sip_code == _ANSWERED:
        return (catalog.say("remark.answered_then_failed", code=status.sip_code),)
    return ()


def _remarks_on_entry(status: CallStatus, guide: Entry, catalog: Catalog) -> tuple[str, ...]:
    if guide.is_group:
        return (catalog.say("remark.not_listed", code=status.sip_code),)
    if not guide.registered:
        return (catalog.say("remark.not_registered", code=status.sip_code),)
    return ()


def customer_reply(finding: Finding, catalog: Catalog) -> str:
    """The reason for the customer, in the catalog's language: no code, no id, no blame."""
    return catalog.say(f"customer.{_customer_phrase(finding, catalog)}")


def _customer_phrase(finding: Finding, catalog: Catalog) -> str:
    if isinstance(finding, LookupFailure):
        return _CHECKING
    if (phrase := _TO_CUSTOMERS.get(finding.outcome)) is not None:
        return phrase
    explanation = explain(finding, catalog)
    if explanation.outcome is Outcome.ANSWERED:
        return explanation.verdict
    # The entry that explains the call to the agent explains it to the customer.
    reason = explanation.entry.customer
    if explanation.outcome is Outcome.ERROR and reason in _BROKEN_OFF:
        return CustomerReason.INTERRUPTED
    return reason


def as_record(
    message_id: str, finding: Finding, explanation: Explanation
) -> dict[str, str | int | float | bool | None]:
    """The finding as one flat record, every key always present (`voicestatus lookup --json`)."""
    status = finding if isinstance(finding, CallStatus) else None
    seconds = status.duration if status is not None else None
    return {
        "idmsg": message_id,
        "outcome": explanation.outcome.value,
        "final": status is not None and status.final,
        "sip_code": status.sip_code if status else None,
        "duration_seconds": None if seconds is None else float(seconds),
        "gateway_code": status.gateway_code if status else None,
        "error": finding.error if isinstance(finding, LookupFailure) else None,
        "headline": explanation.headline,
        "meaning": explanation.meaning,
        "advice": explanation.advice,
        "who_acts": explanation.who_acts.value,
        "retry": explanation.retry.value,
        "raw": status.raw if status else None,
    }
