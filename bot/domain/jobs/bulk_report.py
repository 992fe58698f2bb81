"""What a bulk shows: how many calls had which outcome, and what went wrong most often.

Items are counted as they come and not kept, so that a list of any length needs the same memory: one
finding for each different reason, of which there are no more than codes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from bot.domain.answer import outcome_key, outcome_of
from bot.domain.call_status import CallStatus, Outcome
from bot.domain.jobs.bulk import BulkItem
from bot.domain.texts.catalog import Catalog
from bot.domain.texts.explanation import (
    SHORT_CALL_SECONDS,
    Explanation,
    Finding,
    LookupFailure,
    explain,
)

MOST_REASONS: Final = 5
# Of these there is nothing more to say than how many they are.
_OF_NO_KIND: Final = frozenset({Outcome.ANSWERED, Outcome.PENDING})
# Nor does a failed look-up say what went wrong with a call.
_NO_REASONS: Final = _OF_NO_KIND | {Outcome.LOOKUP_FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What many calls of a bulk have in common.

    Attributes:
        count: how many.
        explanation: headline, advice and who acts, as for a single call.
    """

    count: int
    explanation: Explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkReport:
    """What became of the calls of a bulk, in one language.

    Attributes:
        counts: the calls that were asked about, by the name under which each is counted, one of
            `bot.domain.answer.COUNTED`.
        final: how many have a final status (`CallStatus.final`). Neither pending calls nor those
            of which the gateway gave no status or an unreadable one are among them.
        answered: how many of the final ones were answered.
        brief: how many of the answered ones lasted no longer than `SHORT_CALL_SECONDS`.
        reasons: why calls were not answered or have no status, the most frequent first, at most
            `MOST_REASONS`; neither pending calls nor failed look-ups are among them.
        other_reasons: how many calls have a reason that is not among these.
        failures: why look-ups failed, which says nothing about the calls; in the same form.
        sandbox: how many answers came from the sandbox gateway, so are about no real calls.
    """

    counts: Mapping[str, int]
    final: int
    answered: int
    brief: int
    reasons: tuple[Reason, ...]
    other_reasons: int
    failures: tuple[Reason, ...]
    sandbox: int

    @property
    def asked(self) -> int:
        """How many calls were asked about, failed look-ups included."""
        return sum(self.counts.values())

    def of(self, name: str) -> int:
        """How many were counted under this name."""
        return self.counts.get(name, 0)


class Reckoning:
    """Counts items as they come; what was not asked is passed over."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._kinds: Counter[Finding] = Counter()
        self._final = self._answered = self._brief = self._sandbox = 0

    def add(self, item: BulkItem) -> None:
        """Count one item."""
        finding = item.finding
        if finding is None:
            return
        self._counts[outcome_key(finding)] += 1
        self._sandbox += item.sandbox
        if isinstance(finding, CallStatus):
            self._add_status(finding)
        if outcome_of(finding) not in _OF_NO_KIND:
            self._kinds[_kind_of(finding)] += 1

    def add_all(self, items: Iterable[BulkItem]) -> Reckoning:
        """Count several; this very reckoning comes back."""
        for item in items:
            self.add(item)
        return self

    def report(self, catalog: Catalog) -> BulkReport:
        """What was counted so far."""
        reasons = self._reasons(lambda outcome: outcome not in _NO_REASONS, catalog)
        failures = self._reasons(lambda outcome: outcome is Outcome.LOOKUP_FAILED, catalog)
        return BulkReport(
            counts=MappingProxyType(dict(self._counts)),
            final=self._final,
            answered=self._answered,
            brief=self._brief,
            reasons=reasons[:MOST_REASONS],
            other_reasons=sum(reason.count for reason in reasons[MOST_REASONS:]),
            failures=failures[:MOST_REASONS],
            sandbox=self._sandbox,
        )

    def _add_status(self, status: CallStatus) -> None:
        if not status.final:
            return
        self._final += 1
        if status.outcome is Outcome.ANSWERED:
            self._answered += 1
            self._brief += status.duration is not None and status.duration <= SHORT_CALL_SECONDS

    def _reasons(self, wanted: Callable[[Outcome], bool], catalog: Catalog) -> tuple[Reason, ...]:
        """Those that read the same are one; of the same count, the one that came first."""
        found: dict[tuple[str, str], Reason] = {}
        for kind, count in self._kinds.items():
            if wanted(outcome_of(kind)):
                explanation = explain(kind, catalog)
                key = (explanation.headline, explanation.advice)
                earlier = found[key].count if key in found else 0
                found[key] = Reason(count=earlier + count, explanation=explanation)
        return tuple(sorted(found.values(), key=lambda reason: -reason.count))


def _kind_of(finding: Finding) -> Finding:
    """The finding without what is this call's alone, so that equal reasons are equal."""
    if isinstance(finding, LookupFailure):
        return LookupFailure(error=finding.error)
    return replace(finding, raw="", duration=None)
