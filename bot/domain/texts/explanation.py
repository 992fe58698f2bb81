"""A status or a failed look-up, explained: verdict, meaning, next step, who acts.

For the agent; and for the customer in a short reply that an agent copies and sends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from bot.domain.call_status import CallStatus, Finding, LookupFailure, Outcome
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
    Outcome.LOOKUP_FAILED: _CHECKING,
}
# If a call broke off, these codes add nothing that the customer does not already know.
_BROKEN_OFF: Final = frozenset({CustomerReason.NETWORK, CustomerReason.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The texts that a user reads.

    Attributes:
        verdict: the name of the headline's icon, and of its count if that has one: the outcome, or
            a finer case of it such as "answered_briefly" or "gateway.023".
        headline: the verdict in one line, its reason first, without a full stop.
        entry: the other texts; some differ from those of the catalog's entry in this case.
        remarks: facts about this result that the general text does not cover.
    """

    verdict: str
    headline: str
    entry: Entry
    remarks: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """The headline up to its colon; the same for all calls that ended alike."""
        return self.headline.partition(":")[0]


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


def _explain_failure(failure: LookupFailure, catalog: Catalog) -> Explanation:
    entry = catalog.error(failure.error)
    headline = catalog.say("headline.lookup_failed", reason=entry.heading)
    return Explanation(verdict=failure.outcome, headline=headline, entry=entry)


def _explain_gateway(status: CallStatus, code: str, catalog: Catalog) -> Explanation:
    entry = catalog.gateway(code)
    own = f"gateway.{code}"
    verdict = own if f"icon.{own}" in catalog.phrases else status.outcome.value
    headline = catalog.say(f"headline.{status.outcome}", reason=entry.heading, code=code)
    return Explanation(verdict=verdict, headline=headline, entry=entry)


def _explain_answered(status: CallStatus, catalog: Catalog) -> Explanation:
    entry, seconds = catalog.outcome("answered"), status.duration
    verdict, remarks = status.outcome.value, list[str]()
    if seconds is None:
        headline = catalog.say("headline.answered_unknown_duration")
        remarks.append(catalog.say("remark.no_duration"))
    else:
        if seconds <= SHORT_CALL_SECONDS:
            verdict = "answered_briefly"
            advice = catalog.say("advice.answered_briefly")
            entry = replace(entry, advice=advice, who_acts=WhoActs.SENDER, retry=Retry.LATER)
            remark = "remark.zero_seconds" if seconds == 0 else "remark.short_call"
            remarks.append(catalog.say(remark, seconds=SHORT_CALL_SECONDS))
        duration = catalog.writing.duration(seconds)
        headline = catalog.say(f"headline.{verdict}", duration=duration)
    return Explanation(verdict=verdict, headline=headline, entry=entry, remarks=tuple(remarks))


def _explain_after_answer(status: CallStatus, catalog: Catalog) -> Explanation:
    """`failed:200` and `error:200`: the call was picked up, and failed after that."""
    entry = replace(
        catalog.sip(_ANSWERED),
        meaning=catalog.say("meaning.after_answer"),
        advice=catalog.say("advice.after_answer"),
        who_acts=WhoActs.AGENT,
    )
    headline = catalog.say(f"headline.{status.outcome.value}_after_answer")
    return Explanation(verdict=status.outcome, headline=headline, entry=entry)


def _explain_call(status: CallStatus, catalog: Catalog) -> Explanation:
    """The calls that failed, were blocked or reached a machine, and unrecognised results."""
    entry, name = catalog.outcome(status.outcome), f"headline.{status.outcome.value}"
    headline = catalog.say(name)
    sip = catalog.sip(status.sip_code) if status.sip_code is not None else None
    if sip is not None and _code_guides(status, sip):
        entry, headline = sip, catalog.say(f"{name}_because", reason=sip.heading)
    remarks = _remarks_on_code(status, entry, catalog)
    return Explanation(verdict=status.outcome, headline=headline, entry=entry, remarks=remarks)


def _code_guides(status: CallStatus, sip: Entry) -> bool:
    """Whether the SIP code, rather than the word before it, decides the next step.

    For `machine` the word alone decides; for `blocked` the word, unless the code names who barred
    the call.
    """
    if status.outcome is Outcome.BLOCKED:
        return sip.barring
    return status.outcome in _GUIDED_BY_CODE


def _remarks_on_code(status: CallStatus, guide: Entry, catalog: Catalog) -> tuple[str, ...]:
    """What is unusual about the code, unless its entry's texts mention it."""
    name, code = "", str(status.sip_code)
    if status.other_code is not None:
        name, code = "remark.not_sip", f"{status.other_code:03d}"
    elif status.off_format:
        name = "remark.no_code"
    elif guide.kind is Kind.SIP:
        name = unlisted(guide)
    elif status.outcome is Outcome.BLOCKED and status.sip_code in _PROVISIONAL:
        name = "remark.provisional"
    elif status.outcome is Outcome.BLOCKED and status.sip_code == _ANSWERED:
        name = "remark.answered_then_failed"
    return (catalog.say(name, code=code),) if name else ()


def unlisted(sip: Entry) -> str:
    """The phrase about a SIP code without an entry of its own, or that is not registered."""
    if sip.is_group:
        return "remark.not_listed"
    return "" if sip.registered else "remark.not_registered"


def customer_reply(finding: Finding, catalog: Catalog) -> str:
    """The reason for the customer, in the catalog's language: no code, no id, no blame."""
    reason: str | None = _TO_CUSTOMERS.get(finding.outcome)
    if reason is None:
        explanation = explain(finding, catalog)
        # The entry that explains the call to the agent explains it to the customer.
        reason = explanation.entry.customer
        if finding.outcome is Outcome.ANSWERED:
            reason = explanation.verdict
        elif finding.outcome is Outcome.ERROR and reason in _BROKEN_OFF:
            reason = CustomerReason.INTERRUPTED
    return catalog.say(f"customer.{reason}")


def as_record(
    message_id: str, finding: Finding, explanation: Explanation
) -> dict[str, str | int | float | bool | None]:
    """The finding as one flat record, every key always present (`voicestatus lookup --json`)."""
    status = finding if isinstance(finding, CallStatus) else None
    seconds = status.duration if status is not None else None
    return {
        "idmsg": message_id,
        "outcome": finding.outcome.value,
        "final": finding.final,
        "sip_code": status.sip_code if status else None,
        "duration_seconds": None if seconds is None else float(seconds),
        "gateway_code": finding.gateway_code,
        "error": finding.error if isinstance(finding, LookupFailure) else None,
        "headline": explanation.headline,
        "meaning": explanation.entry.meaning,
        "advice": explanation.entry.advice,
        "who_acts": explanation.entry.who_acts.value,
        "retry": explanation.entry.retry.value,
        "raw": status.raw if status else None,
    }
