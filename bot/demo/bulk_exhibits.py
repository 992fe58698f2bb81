"""The gallery's exhibits of lists: pasted, confirmed, under way, over, reported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

from bot.demo.loopback import workspace as made_up
from bot.demo.studio import MOMENT, Make, Shown, Studio, Surface
from bot.domain.bulk import Bulk, BulkEnding, BulkItem, Tally
from bot.domain.bulk_report import Reckoning
from bot.domain.call_status import read_result
from bot.domain.explanation import Finding, LookupFailure
from bot.domain.id_list import read_pasted
from bot.domain.message_id import MessageId
from bot.domain.query import TooMany
from bot.domain.watch import Destination
from bot.slack.block_kit import Message
from bot.slack.bulk_cards import progress_card, report_card
from bot.slack.bulk_modals import View, confirming, confirming_file, pasting
from bot.slack.bulk_notes import BulkNotes
from bot.slack.bulk_pages import page_of_results
from bot.slack.bulk_tables import ROWS_OF_A_PAGE, Form
from bot.slack.buttons import Row
from bot.slack.modals import Origin

_FILE: Final = "clientes-marco.csv"
_THREAD: Final = "1700000000.000100"
# As such lists come: most calls answered, some results often, some rarely.
_COMMON: Final = ("ok:85.00", "ok:61.50", "failed:486", "ok:12.00", "failed:480", "machine:200")
_RARE: Final = ("failed:404", "ok:3.00", "blocked:608", "024", "023", "error:503", "!timeout")
_OVER: Final = {
    BulkEnding.ALL_ASKED: 1_000,
    BulkEnding.STOPPED: 520,
    BulkEnding.REFUSED: 310,
}


def bulk_exhibits() -> Mapping[str, Make]:
    """Each by its id."""
    begun = _bulk(doubles=12, ignored=3)
    paused = _bulk(paused_until=MOMENT + timedelta(minutes=2))
    return {
        "bulk-paste": lambda studio: _form(pasting(studio.style, _channel())),
        "bulk-confirm": _confirming(None),
        "bulk-confirm-file": _confirming_file,
        "bulk-no-room": _confirming(lambda notes: notes.no_room(3)),
        "bulk-not-kept": _confirming(lambda notes: notes.not_kept()),
        "bulk-begun": lambda studio: studio.answering(_notes(studio).begun(_bulk())),
        "bulk-ask": _noted(lambda notes: notes.ask()),
        "bulk-offered": lambda studio: studio.note(
            _notes(studio).with_button(studio.notes.too_many(TooMany(count=14)), _ids(14))
        ),
        "bulk-progress-0": _progress(begun, 0),
        "bulk-progress-52": _progress(begun, 520),
        "bulk-progress-directly": _progress(begun, 520, row=Row.DIRECT),
        "bulk-paused": _progress(paused, 310),
        **{
            f"bulk-over-{ending.value.replace('_', '-')}": _progress(_bulk(ending=ending), asked)
            for ending, asked in _OVER.items()
        },
        "bulk-report-small": _report(_bulk(total=8, name=""), 8),
        "bulk-report": _report(_bulk(ending=BulkEnding.ALL_ASKED), 1_000),
        "bulk-report-directly": _report(_bulk(), 1_000, row=Row.DIRECT),
        "bulk-report-plain-table": _report(_bulk(), 1_000, form=Form.PLAIN),
        "bulk-report-lines": _report(_bulk(), 1_000, form=Form.LINES),
        "bulk-report-stopped": _report(_bulk(ending=BulkEnding.STOPPED), 520),
        "bulk-report-refused": _report(_bulk(ending=BulkEnding.REFUSED), 310),
        "bulk-page": _page,
        "bulk-stopping": _noted(lambda notes: notes.stopping()),
        "bulk-over-already": _noted(lambda notes: notes.over()),
        "bulk-not-yours": _noted(lambda notes: notes.not_yours()),
        "bulk-none-pending": _noted(lambda notes: notes.none_pending()),
    }


def _bulk(**changes: Any) -> Bulk:
    values: dict[str, Any] = {
        "id": "0123456789abcdef",
        "user": made_up.USER_ID,
        "destination": Destination(team=made_up.TEAM_ID, channel=made_up.CHANNEL_ID),
        "name": _FILE,
        "total": 1_000,
        "started_at": MOMENT - timedelta(seconds=90),
        "due_at": MOMENT,
    }
    return Bulk(**(values | changes))


def _ids(count: int) -> list[MessageId]:
    return [MessageId(f"MPG{236_180_000 + number:012}") for number in range(count)]


def _items(asked: int, total: int) -> list[BulkItem]:
    return [
        BulkItem(
            position=number,
            message_id=message_id,
            finding=_finding(number) if number < asked else None,
            checked_at=MOMENT,
        )
        for number, message_id in enumerate(_ids(total))
    ]


def _finding(number: int) -> Finding:
    results = _RARE if number % 7 == 0 else _COMMON
    result = results[(number // 7) % len(_RARE) if number % 7 == 0 else number % len(_COMMON)]
    return LookupFailure(error=result[1:]) if result.startswith("!") else read_result(result)


def _tally(items: Sequence[BulkItem], studio: Studio) -> Tally:
    counts: Mapping[str, int] = Reckoning().add_all(items).report(studio.catalog).counts
    return Tally(counts=MappingProxyType(dict(counts)))


def _progress(bulk: Bulk, asked: int, row: Row = Row.PUBLIC) -> Make:
    def make(studio: Studio) -> Shown:
        tally = _tally(_items(asked, bulk.total), studio)
        style = studio.style.shared("") if row is Row.PUBLIC else studio.style
        return studio.message(progress_card(bulk, tally, style, row, MOMENT), ephemeral=False)

    return make


def _report(bulk: Bulk, asked: int, row: Row = Row.PUBLIC, form: Form = Form.SORTABLE) -> Make:
    def make(studio: Studio) -> Shown:
        items = _items(asked, bulk.total)
        counted = Reckoning().add_all(items).report(studio.catalog)
        style = studio.style.shared("") if row is Row.PUBLIC else studio.style
        message = report_card(bulk, counted, items[:99], style, row=row, form=form)
        return studio.message(message, ephemeral=False)

    return make


def _page(studio: Studio) -> Shown:
    bulk = _bulk()
    items = _items(bulk.total, bulk.total)[ROWS_OF_A_PAGE : 2 * ROWS_OF_A_PAGE]
    return studio.note(page_of_results(bulk, items, 2, studio.style, row=Row.PRIVATE))


def _confirming(told: Callable[[BulkNotes], Message] | None) -> Make:
    def make(studio: Studio) -> Shown:
        text = "\n".join((*(one.value for one in _ids(14)), _ids(1)[0].value, "+55 11 98765-4321"))
        view = confirming(
            studio.style,
            _channel(),
            read_pasted(text, max_ids=1_000),
            text=text,
            lasts=timedelta(seconds=14),
            told=told(_notes(studio)) if told is not None else None,
        )
        return _form(view)

    return make


def _confirming_file(studio: Studio) -> Shown:
    """What was found in a file of a message."""
    pasted = "\n".join((*(one.value for one in _ids(1_000)), _ids(1)[0].value, "+55 11 98765-4321"))
    found = read_pasted(pasted, max_ids=1_000)
    origin = Origin(channel=made_up.CHANNEL_ID, thread_ts=_THREAD)
    lasts = timedelta(seconds=100)
    return _form(
        confirming_file(studio.style, origin, found, name=_FILE, file_id="F0000000001", lasts=lasts)
    )


def _form(view: View) -> Shown:
    return Shown(surface=Surface.MODAL, content=view)


def _channel() -> Origin:
    return Origin(channel=made_up.CHANNEL_ID)


def _noted(make: Callable[[BulkNotes], Message]) -> Make:
    return lambda studio: studio.note(make(_notes(studio)))


def _notes(studio: Studio) -> BulkNotes:
    return BulkNotes(studio.style, studio.notes.command)
