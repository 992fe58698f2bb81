"""The reply for the customer: a short text that an agent copies and sends.

Chooses a phrase; which SIP code has which reason is data (`customer` in bot/locales/codes.toml).
"""

from __future__ import annotations

from typing import Final

from bot.domain.call_status import CallStatus, Outcome
from bot.domain.texts.catalog import Catalog, CustomerReason
from bot.domain.texts.explanation import SHORT_CALL_SECONDS, Finding, LookupFailure, explain

_CHECKING: Final = "checking"
_ITSELF: Final = {
    Outcome.MACHINE: "machine",
    Outcome.PENDING: "pending",
    Outcome.GATEWAY_ERROR: _CHECKING,
    Outcome.UNRECOGNISED: _CHECKING,
}
# Of a call that broke off, these say nothing that the customer does not know better.
_BROKEN_OFF: Final = frozenset({CustomerReason.NETWORK, CustomerReason.UNKNOWN})


def customer_reply(finding: Finding, catalog: Catalog) -> str:
    """What the customer may be told, in the catalog's language: no code, no id, no blame."""
    return catalog.say(f"customer.{_phrase(finding, catalog)}")


def _phrase(finding: Finding, catalog: Catalog) -> str:
    if isinstance(finding, LookupFailure):
        return _CHECKING
    if finding.outcome is Outcome.ANSWERED:
        return _answered(finding)
    if (phrase := _ITSELF.get(finding.outcome)) is not None:
        return phrase
    # The entry that explains the call to the agent explains it to the customer.
    reason = explain(finding, catalog).entry.customer
    if finding.outcome is Outcome.ERROR and reason in _BROKEN_OFF:
        return CustomerReason.INTERRUPTED
    return reason


def _answered(status: CallStatus) -> str:
    short = status.duration is not None and status.duration <= SHORT_CALL_SECONDS
    return "answered_briefly" if short else "answered"
