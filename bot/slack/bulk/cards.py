"""The two cards of a bulk: its progress, and the report at its end.

Pure functions from values to blocks. File names, ids and raw results are untrusted text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from bot.domain.call_status import COUNTED, Outcome
from bot.domain.jobs.bulk import Bulk, BulkEnding, BulkItem, Tally, time_left
from bot.domain.jobs.bulk_report import BulkReport, Reason, alike_report
from bot.domain.privacy import shorten
from bot.domain.texts.explanation import SHORT_CALL_SECONDS
from bot.slack.blocks.block_kit import (
    DOT,
    MESSAGE_TEXT_LIMIT,
    Block,
    Message,
    code_span,
    context,
    escape,
    header,
    message,
    section,
    visible,
)
from bot.slack.blocks.style import CardStyle, is_direct
from bot.slack.bulk.buttons import report_row, stop_row
from bot.slack.bulk.tables import Form, fitting, results
from bot.slack.cards.status_card import addressee, first_step, to_copy

_NAME_LIMIT: Final = 80
_WIDTH: Final = 20
_FULL, _EMPTY = "▓", "░"
_MINUTE: Final = timedelta(minutes=1)


def bar(part: int, whole: int) -> str:
    """Draw a share as a bar of fixed width; full only at 100 %."""
    full = min(_WIDTH, part * _WIDTH // max(1, whole))
    return _FULL * full + _EMPTY * (_WIDTH - full)


def heading(bulk: Bulk, style: CardStyle) -> str:
    """The name of the file and the number of calls; plain text."""
    name = shorten(visible(bulk.name).strip(), _NAME_LIMIT)
    if not name:
        return style.catalog.say("bulk.heading", count=bulk.total)
    return style.catalog.say("bulk.heading_of_file", name=name, count=bulk.total)


def report_block(bulk: Bulk) -> str:
    """The `block_id` that marks the report, for when its metadata cannot be read."""
    return f"bulk_report_{bulk.id}"


def progress_card(
    bulk: Bulk, tally: Tally, style: CardStyle, now: datetime, *, missing: str = ""
) -> Message:
    """Make the card of the progress at this moment.

    Args:
        bulk: the bulk.
        tally: the results so far.
        style: the language, and who reads it.
        now: the current time.
        missing: what Slack did not take at the end: its `report`, only the `file`, or nothing.
    """
    say, title = style.catalog.say, heading(bulk, style)
    asked = min(tally.asked, bulk.total)
    done = say(
        "bulk.progress",
        bar=bar(asked, bulk.total),
        share=_share(asked, bulk.total, style),
        asked=asked,
        total=bulk.total,
    )
    state = _state(bulk, tally, style, now, missing)
    sums = _sums(tally, style)
    small = list(_small_print(bulk, style))
    if not style.public and not is_direct(bulk.destination.channel):
        small.append(say("bulk.moved"))
    blocks = [
        header(title),
        section(done),
        *([section(sums)] if sums else []),
        section(state),
        *_row(bulk, style, missing),
        *([context(small)] if small else []),
    ]
    return Message(
        text=shorten(f"{escape(title)}. {state}", MESSAGE_TEXT_LIMIT), blocks=tuple(blocks)
    )


def report_card(
    bulk: Bulk,
    report: BulkReport,
    first: Sequence[BulkItem],
    style: CardStyle,
    *,
    form: Form = Form.SORTABLE,
    why_here: str = "",
) -> Message:
    """Make the report: the results of the calls, and what to do about them.

    Args:
        bulk: the finished bulk.
        report: its statistics.
        first: the first items, in order; the table shows as many as fit.
        style: the language, and who reads it; a public report mentions the asker.
        form: the form of the table.
        why_here: why it is sent directly, `gone` or `moved`; see `OncePoster.post`.
    """
    intro = _intro(bulk, report, style, why_here=why_here)
    rate = _rate(report, style)
    first = fitting(first, style, form)
    left_open = "\n".join(_left_open(report, style))
    blocks: list[Block] = [
        header(heading(bulk, style)) | {"block_id": report_block(bulk)},
        section("\n".join(filter(None, (intro, rate)))),
        *([section(sums)] if (sums := _sums(report, style)) else []),
        *_reasons(report, style),
        *([section(left_open)] if left_open else []),
        *([results(first, style, form, total=bulk.total)] if first else []),
        report_row(bulk, style, pending=report.of(Outcome.PENDING)),
        *_report_small_print(report, first, bulk, style, form),
    ]
    text = f"{intro} {rate}".strip()
    return Message(text=shorten(text, MESSAGE_TEXT_LIMIT), blocks=tuple(blocks))


def columns_note(bulk: Bulk, style: CardStyle, *, given: bool) -> Message:
    """Make the message above the file with the columns, or say why there are none."""
    text = style.catalog.say("bulk.file.with_columns" if given else "bulk.file.no_columns")
    return message(text, [section(f"*{escape(heading(bulk, style))}*\n{text}")])


def _row(bulk: Bulk, style: CardStyle, missing: str) -> Iterator[Block]:
    """The button that stops the bulk, or shows its results if there is no report with it."""
    if bulk.ending is None:
        yield stop_row(bulk, style)
    elif missing == "report":
        yield report_row(bulk, style, pending=0)


def _state(bulk: Bulk, tally: Tally, style: CardStyle, now: datetime, missing: str) -> str:
    say = style.catalog.say
    if (ending := _ending(bulk, tally)) is not None:
        values = {"asked": tally.asked, "total": bulk.total, "button": say("bulk.report.show_all")}
        text = say(f"bulk.over.{ending.value}", **values)
        if missing == "report":
            # The other text promises the report.
            return say("bulk.over.no_report", **values)
        return f"{text}\n{say('bulk.over.no_file', **values)}" if missing else text
    if bulk.paused_until is not None and bulk.paused_until > now:
        return say("bulk.paused", when=style.moment(bulk.paused_until))
    left = time_left(bulk, tally, now)
    if left is None:
        return say("bulk.begun")
    return say("bulk.time_left", duration=roughly(left, style))


def _ending(bulk: Bulk, tally: Tally) -> BulkEnding | None:
    """How it ended; a stop that came too late is none."""
    is_late = bulk.ending is BulkEnding.STOPPED and tally.asked >= bulk.total
    return BulkEnding.ALL_ASKED if is_late else bulk.ending


def roughly(span: timedelta, style: CardStyle) -> str:
    """Round a time span up to tens of seconds, or to whole minutes from one minute on."""
    step = timedelta(seconds=10) if span < _MINUTE else _MINUTE
    steps = max(1, -(-span // step))
    return style.catalog.writing.duration(Decimal((steps * step) // timedelta(seconds=1)))


def _sums(tally: Tally, style: CardStyle) -> str:
    """All kinds of results that occur, with their numbers, in one line."""
    say = style.catalog.say
    return DOT.join(
        say("bulk.sum", icon=say(f"icon.{name}"), count=say(f"count.{name}", count=number))
        for name in COUNTED
        if (number := tally.of(name))
    )


def _small_print(bulk: Bulk, style: CardStyle) -> Iterator[str]:
    if bulk.doubles:
        yield style.catalog.say("bulk.doubles", count=bulk.doubles)
    if bulk.ignored:
        yield style.catalog.say("bulk.ignored", count=bulk.ignored)


def _intro(bulk: Bulk, report: BulkReport, style: CardStyle, *, why_here: str) -> str:
    say = style.catalog.say
    ending = _ending(bulk, report) or BulkEnding.ALL_ASKED
    text = say(f"bulk.report.{ending.value}", asked=report.asked, total=bulk.total)
    if why_here:
        text = f"{text} {say(f'bulk.report.{why_here}')}"
    if style.public:
        return say("bulk.report.called", user=code_span(bulk.user), text=text)
    return say("bulk.report.directly", text=text)


def _rate(report: BulkReport, style: CardStyle) -> str:
    """The answer rate with its base; empty if no call has a result."""
    if not report.final:
        return ""
    share, answered = _share(report.answered, report.final, style), report.answered
    return style.catalog.say("bulk.report.rate", share=share, answered=answered, count=report.final)


def _reasons(report: BulkReport, style: CardStyle) -> Iterator[Block]:
    """Why calls did not go through or could not be checked, the most frequent reason first."""
    say = style.catalog.say
    if lines := [_reason(one, style) for one in (*report.reasons, *report.failures)]:
        yield section("\n".join(lines))
    for reason in report.reasons:
        if reason.alike:
            contact = addressee(reason.explanation, style)
            ids = map(style.shown_id, reason.examples)
            text = alike_report(reason, report.ended, ids, style.catalog)
            yield to_copy(text, contact, style)
            if style.public:
                yield context([say("bulk.report.shortened")])


def _reason(reason: Reason, style: CardStyle) -> str:
    explanation = reason.explanation
    return style.catalog.say(
        "bulk.report.reason",
        icon=style.catalog.say(f"icon.{explanation.verdict}"),
        reason=escape(explanation.reason),
        count=reason.count,
        advice=escape(first_step(explanation, style)),
    )


def _left_open(report: BulkReport, style: CardStyle) -> Iterator[str]:
    """What is left to say of some calls."""
    say = style.catalog.say
    if report.brief:
        yield say("bulk.report.brief", count=report.brief, seconds=SHORT_CALL_SECONDS)
    if report.other_reasons:
        yield say("bulk.report.other_reasons", count=report.other_reasons)


def _report_small_print(
    report: BulkReport, first: Sequence[BulkItem], bulk: Bulk, style: CardStyle, form: Form
) -> Iterator[Block]:
    say, lines = style.catalog.say, []
    # The caption of a sortable table says it.
    if first and len(first) < bulk.total and form is not Form.SORTABLE:
        lines.append(say("bulk.report.first_rows", count=len(first), total=bulk.total))
    lines += _small_print(bulk, style)
    if report.sandbox:
        lines.append(f"*{say('bulk.sandbox')}*")
    if lines:
        yield context(lines)


def _share(part: int, whole: int, style: CardStyle) -> str:
    return style.catalog.writing.share(part, max(1, whole))
