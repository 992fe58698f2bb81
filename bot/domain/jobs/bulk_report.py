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
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import BulkItem, Tally
from bot.domain.texts.catalog import Catalog, Kind, WhoActs
from bot.domain.texts.explanation import SHORT_CALL_SECONDS, Explanation, explain

MOST_REASONS: Final = 5
# From so many calls on, one reason for half of them is no matter of single phones.
LEAST_ALIKE: Final = 20
MOST_EXAMPLES: Final = 5
# For the first two the count is all there is to say; a failed look-up says nothing about a call.
_NO_REASONS: Final = frozenset({Outcome.ANSWERED, Outcome.PENDING, Outcome.LOOKUP_FAILED})
_PHONES: Final = frozenset({Outcome.FAILED, Outcome.ERROR, Outcome.BLOCKED, Outcome.MACHINE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What several calls of a bulk have in common.

    Attributes:
        count: how many.
        explanation: headline, advice and who acts, as for a single call; if too many calls end
            alike, what to do about that.
        examples: the first of the calls, at most `MOST_EXAMPLES`.
        alike: so many calls have this reason that single phones can hardly be the cause.
    """

    count: int
    explanation: Explanation
    examples: tuple[MessageId, ...] = ()
    alike: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkReport(Tally):
    """The results of a bulk, in one language.

    Attributes:
        final: how many have a final status (`CallStatus.final`). Excludes pending calls, and those
            with no status or an unreadable one.
        ended: how many ended, with a final status or one without a readable code.
        answered: how many of the final ones were answered.
        brief: how many of the answered ones lasted no longer than `SHORT_CALL_SECONDS`.
        reasons: why calls were not answered or have no status, the most frequent first, at most
            `MOST_REASONS`; pending calls and failed look-ups are excluded.
        other_reasons: how many calls have a less frequent reason.
        failures: why look-ups failed, which says nothing about the calls; in the same form.
        sandbox: how many answers came from the sandbox gateway, so there were no real calls.
    """

    final: int
    ended: int
    answered: int
    brief: int
    reasons: tuple[Reason, ...]
    other_reasons: int
    failures: tuple[Reason, ...]
    sandbox: int


class ReportCounter:
    """Counts items as they arrive; items without a look-up are skipped.

    Attributes:
        items: how many arrived, with or without a look-up.
    """

    def __init__(self, items: Iterable[BulkItem] = ()) -> None:
        self.items = 0
        self._kinds: Counter[Finding] = Counter()
        self._examples: dict[Finding, tuple[MessageId, ...]] = {}
        self._brief = self._sandbox = 0
        for item in items:
            self.add(item)

    def add(self, item: BulkItem) -> None:
        """Count one item."""
        self.items += 1
        finding = item.finding
        if finding is None:
            return
        kind = _kind_of(finding)
        self._kinds[kind] += 1
        if self._kinds[kind] <= MOST_EXAMPLES:
            self._examples[kind] = (*self._examples.get(kind, ()), item.message_id)
        self._sandbox += item.sandbox
        seconds = finding.duration if isinstance(finding, CallStatus) else None
        self._brief += seconds is not None and seconds <= SHORT_CALL_SECONDS

    @property
    def tally(self) -> Tally:
        """The outcomes so far."""
        counts: Counter[str] = Counter()
        for kind, count in self._kinds.items():
            counts[outcome_key(kind)] += count
        return Tally(counts=MappingProxyType(counts))

    def report(self, catalog: Catalog) -> BulkReport:
        """The counts so far."""
        tally, final = self.tally, Counter[Outcome]()
        for kind, count in self._kinds.items():
            if kind.final:
                final[kind.outcome] += count
        ended = sum(map(tally.of, (Outcome.ANSWERED, *_PHONES)))
        reasons = self._reasons(lambda outcome: outcome not in _NO_REASONS, catalog)
        failures = self._reasons(lambda outcome: outcome is Outcome.LOOKUP_FAILED, catalog)
        return BulkReport(
            counts=tally.counts,
            final=final.total(),
            ended=ended,
            answered=final[Outcome.ANSWERED],
            brief=self._brief,
            reasons=tuple(_judged(one, ended, catalog) for one in reasons[:MOST_REASONS]),
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
                examples = (*earlier.examples, *self._examples[kind])[:MOST_EXAMPLES]
                found[key] = replace(earlier, count=earlier.count + count, examples=examples)
        return tuple(sorted(found.values(), key=lambda reason: -reason.count))


def _judged(reason: Reason, calls: int, catalog: Catalog) -> Reason:
    """What no single card can know: that half of many calls end alike."""
    explanation = reason.explanation
    few = calls < LEAST_ALIKE or 2 * reason.count < calls
    if few or explanation.verdict not in _PHONES:
        return reason
    entry = replace(
        explanation.entry,
        advice=catalog.say("advice.alike"),
        who_acts=WhoActs.GATEWAY,
        contact=catalog.entries[Kind.GATEWAY, "undocumented"].contact,
    )
    return replace(reason, explanation=replace(explanation, entry=entry), alike=True)


def alike_report(reason: Reason, calls: int, ids: Iterable[str], catalog: Catalog) -> str:
    """The text for those who must look into calls that end alike; the ids as they may be shown."""
    entry = reason.explanation.entry
    code = f":{entry.code}" if entry.kind is Kind.SIP else ""
    return catalog.say(
        "report.alike",
        count=reason.count,
        calls=calls,
        result=f"{reason.explanation.verdict}{code}",
        reason=entry.title,
        ids=", ".join(ids),
    ).strip()


def _kind_of(finding: Finding) -> Finding:
    """The finding without this call's own details, so that equal reasons compare equal."""
    if isinstance(finding, LookupFailure):
        return LookupFailure(error=finding.error)
    return replace(finding, raw="", duration=None)
