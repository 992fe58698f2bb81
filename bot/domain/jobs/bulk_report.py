"""The summary of a bulk: calls per outcome, and the most frequent problems.

Items are counted as they arrive and not stored, so that a list of any length needs the same memory:
one finding for each different reason, at most as many as codes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from bot.domain.call_status import CallStatus, Finding, LookupFailure, Outcome, outcome_key
from bot.domain.jobs.bulk import BulkItem, Tally
from bot.domain.texts.catalog import Catalog
from bot.domain.texts.explanation import SHORT_CALL_SECONDS, Explanation, explain

MOST_REASONS: Final = 5
# For the first two the count is all there is to say; a failed look-up says nothing about a call.
_NO_REASONS: Final = frozenset({Outcome.ANSWERED, Outcome.PENDING, Outcome.LOOKUP_FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What several calls of a bulk have in common.

    Attributes:
        count: how many.
        explanation: headline, advice and who acts, as for a single call.
    """

    count: int
    explanation: Explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkReport(Tally):
    """The results of a bulk, in one language.

    Attributes:
        final: how many have a final status (`CallStatus.final`). Excludes pending calls, and those
            with no status or an unreadable one.
        answered: how many of the final ones were answered.
        brief: how many of the answered ones lasted no longer than `SHORT_CALL_SECONDS`.
        reasons: why calls were not answered or have no status, the most frequent first, at most
            `MOST_REASONS`; pending calls and failed look-ups are excluded.
        other_reasons: how many calls have a less frequent reason.
        failures: why look-ups failed, which says nothing about the calls; in the same form.
        sandbox: how many answers came from the sandbox gateway, so there were no real calls.
    """

    final: int
    answered: int
    brief: int
    reasons: tuple[Reason, ...]
    other_reasons: int
    failures: tuple[Reason, ...]
    sandbox: int


class ReportCounter:
    """Counts items as they arrive; items without a look-up are skipped."""

    def __init__(self, items: Iterable[BulkItem] = ()) -> None:
        self._kinds: Counter[Finding] = Counter()
        self._brief = self._sandbox = 0
        for item in items:
            self.add(item)

    def add(self, item: BulkItem) -> None:
        """Count one item."""
        finding = item.finding
        if finding is None:
            return
        self._kinds[_kind_of(finding)] += 1
        self._sandbox += item.sandbox
        seconds = finding.duration if isinstance(finding, CallStatus) else None
        self._brief += seconds is not None and seconds <= SHORT_CALL_SECONDS

    def report(self, catalog: Catalog) -> BulkReport:
        """The counts so far."""
        counts: Counter[str] = Counter()
        final: Counter[Outcome] = Counter()
        for kind, count in self._kinds.items():
            counts[outcome_key(kind)] += count
            if kind.final:
                final[kind.outcome] += count
        reasons = self._reasons(lambda outcome: outcome not in _NO_REASONS, catalog)
        failures = self._reasons(lambda outcome: outcome is Outcome.LOOKUP_FAILED, catalog)
        return BulkReport(
            counts=MappingProxyType(counts),
            final=final.total(),
            answered=final[Outcome.ANSWERED],
            brief=self._brief,
            reasons=reasons[:MOST_REASONS],
            other_reasons=sum(reason.count for reason in reasons[MOST_REASONS:]),
            failures=failures[:MOST_REASONS],
            sandbox=self._sandbox,
        )

    def _reasons(self, wanted: Callable[[Outcome], bool], catalog: Catalog) -> tuple[Reason, ...]:
        """Reasons with the same text are merged; of equal counts, the earlier one comes first."""
        found: dict[tuple[str, str], Reason] = {}
        for kind, count in self._kinds.items():
            if wanted(kind.outcome):
                explanation = explain(kind, catalog)
                key = (explanation.headline, explanation.entry.advice)
                earlier = found.get(key, Reason(count=0, explanation=explanation))
                found[key] = replace(earlier, count=earlier.count + count)
        return tuple(sorted(found.values(), key=lambda reason: -reason.count))


def _kind_of(finding: Finding) -> Finding:
    """The finding without this call's own details, so that equal reasons compare equal."""
    if isinstance(finding, LookupFailure):
        return LookupFailure(error=finding.error)
    return replace(finding, raw="", duration=None)
