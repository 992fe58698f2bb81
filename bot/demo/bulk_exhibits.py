"""Gallery exhibits of bulk look-ups: pasted, confirmed, running, finished, reported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from bot.demo.studio import MOMENT, Make, Shown, Studio, Surface
from bot.domain.call_status import Finding, LookupFailure, read_result
from bot.domain.id_lists.id_file import read_file
from bot.domain.id_lists.id_list import IdList, IgnoredLine
from bot.domain.id_lists.list_words import LineProblem
from bot.domain.id_lists.pasted import read_pasted
from bot.domain.input.message_id import MessageId
from bot.domain.input.query import TooMany
from bot.domain.jobs.bulk import MOST_OPEN, Bulk, BulkEnding, BulkItem
from bot.domain.jobs.bulk_report import ReportCounter
from bot.domain.jobs.job import Destination
from bot.domain.jobs.watch import Bound, Watch
from bot.fake_slack.state import workspace as made_up
from bot.services.watches.service import AlreadyWatched, NoRoom, Started, StartOutcome
from bot.slack.blocks.block_kit import Message, View
from bot.slack.blocks.style import Audience
from bot.slack.bulk.cards import columns_note, progress_card, report_card
from bot.slack.bulk.modals import confirming, pasting, text_of
from bot.slack.bulk.notes import begun, cut_short, how_to_begin, no_room, too_many, watching
from bot.slack.bulk.offers import Offer, confirming_file, offering
from bot.slack.bulk.tables import ROWS_OF_A_PAGE, Form, page_of_results
from bot.slack.cards.controls import Origin
from bot.slack.cards.notes import Notes
from bot.slack.files.file_objects import FileList

_FILE: Final = "clientes-marco.csv"
_THREAD: Final = "1700000000.000100"
# A typical list: most calls answered, some results frequent, some rare.
_COMMON: Final = ("ok:85.00", "ok:61.50", "failed:486", "ok:12.00", "failed:480", "machine:200")
_RARE: Final = ("failed:404", "ok:3.00", "blocked:608", "024", "023", "error:503", "!timeout")
# Makes every count 1.
_ONE_OF_EACH: Final = (
    *("ok:85.00", "failed:486", "failed:404", "failed:480", "blocked:608", "machine:200"),
    *("error:503", "ok:3.00", "!timeout"),
)
_ALIKE: Final = (*("failed:480",) * 18, *("ok:85.00",) * 2)
_ODD: Final = ("023", "850", "850", "queued:5", "queued:6", "024", "001")
_OVER: Final = {
    BulkEnding.ALL_ASKED: 1_000,
    BulkEnding.STOPPED: 520,
    BulkEnding.REFUSED: 310,
}


def bulk_exhibits() -> Mapping[str, Make]:
    """The exhibits by their ids."""
    return {
        "bulk-paste": lambda studio: _form(pasting(studio.style, _channel())),
        "bulk-confirm": _confirming(None),
        "bulk-confirm-file": _confirming_file,
        "bulk-confirm-odd-file": _confirming_odd_file([*LineProblem, LineProblem.NO_ID]),
        "bulk-confirm-odder-file": _confirming_odd_file([*reversed(LineProblem)][:6]),
        "bulk-no-room": _no_room(Bound.USER, MOST_OPEN),
        "bulk-no-room-for-a-second": _no_room(Bound.USER, 1),
        "bulk-no-room-for-all": _no_room(Bound.ALL, 1),
        "bulk-full-day": _no_room(Bound.DAY, 1),
        "bulk-not-kept": _confirming(lambda notes: notes.titled("bulk.note.not_kept")),
        "bulk-begun-in-a-thread": _noted(lambda notes: begun(_bulk(destination=_thread()), notes)),
        "bulk-begun-directly": _noted(lambda notes: begun(_bulk(destination=_direct()), notes)),
        "bulk-ask": _noted(how_to_begin),
        "bulk-offered-file": _offering(Origin(channel=made_up.CHANNEL_ID, thread_ts=_THREAD)),
        "bulk-offered-file-again": _offering(
            Origin(), "bulk.offer.changed_title", "bulk.offer.changed"
        ),
        "bulk-declined": _noted(lambda notes: notes.titled("bulk.note.declined")),
        "bulk-offered": _noted(
            lambda notes: too_many(TooMany(count=14, ids=tuple(_ids(14))), notes)
        ),
        "bulk-to-paste": _noted(
            lambda notes: too_many(TooMany(count=200, ids=tuple(_ids(200)), more=True), notes)
        ),
        "bulk-confirm-cut": _confirming(lambda notes: cut_short(text_of(_ids(3)), notes)),
        **_progresses(),
        **_reports(),
        "bulk-columns": _noted(lambda notes: columns_note(_bulk(), notes.style, given=True)),
        "bulk-no-columns": _noted(lambda notes: columns_note(_bulk(), notes.style, given=False)),
        "bulk-page": _page,
        "bulk-over-already": _noted(lambda notes: notes.titled("bulk.note.over")),
        "bulk-not-yours": _noted(lambda notes: notes.titled("bulk.note.not_yours")),
        "bulk-no-results": _noted(lambda notes: notes.titled("bulk.note.no_results")),
        "bulk-none-pending": _noted(lambda notes: notes.titled("bulk.note.none_pending")),
        "bulk-watching": _watching(2, 2, 2),
        "bulk-watching-one": _watching(1, 1, 1),
        "bulk-watching-none": _watching(0, 0, 1),
    }


def _progresses() -> Mapping[str, Make]:
    running, over = _bulk(doubles=12, ignored=3), _bulk(ending=BulkEnding.ALL_ASKED)
    paused = _bulk(paused_until=MOMENT + timedelta(minutes=2))
    return {
        "bulk-progress-0": _progress(running, 0),
        "bulk-progress-52": _progress(running, 520),
        "bulk-progress-directly": _progress(running, 520, audience=Audience.DIRECT),
        "bulk-paused": _progress(paused, 310),
        **{
            f"bulk-over-{ending.value.replace('_', '-')}": _progress(_bulk(ending=ending), asked)
            for ending, asked in _OVER.items()
        },
        "bulk-over-no-file": _progress(over, 1_000, missing="file"),
        "bulk-over-no-report": _progress(over, 1_000, missing="report"),
    }


def _reports() -> Mapping[str, Make]:
    return {
        "bulk-report-small": _report(_bulk(total=8, name=""), 8),
        "bulk-report": _report(_bulk(ending=BulkEnding.ALL_ASKED), 1_000),
        "bulk-report-directly": _report(_bulk(), 1_000, audience=Audience.DIRECT),
        "bulk-report-plain-table": _report(_bulk(), 1_000, form=Form.PLAIN),
        "bulk-report-lines": _report(_bulk(), 1_000, form=Form.LINES),
        "bulk-report-stopped": _report(_bulk(ending=BulkEnding.STOPPED), 520),
        "bulk-report-refused": _report(_bulk(ending=BulkEnding.REFUSED), 310),
        "bulk-report-one-of-each": _report_of(_ONE_OF_EACH, _bulk(total=10, ignored=1)),
        "bulk-report-alike": _report_of(_ALIKE, _bulk(total=20)),
        "bulk-report-alike-for-all": _report_of(_ALIKE, _bulk(total=20), audience=Audience.PUBLIC),
        "bulk-report-odd": _report_of(_ODD, _bulk(total=7)),
        "bulk-report-one-call": _report_of(("024",), _bulk(total=1), "moved"),
        "bulk-report-of-a-thread-that-is-gone": _report_of(("024",), _bulk(total=1), "gone"),
        "bulk-report-one-call-pasted": _report_of(("ok:85.00",), _bulk(total=1, name="")),
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
    return _read(result)


def _read(result: str) -> Finding:
    return LookupFailure(error=result[1:]) if result.startswith("!") else read_result(result)


def _progress(
    bulk: Bulk, asked: int, audience: Audience = Audience.PUBLIC, missing: str = ""
) -> Make:
    def make(studio: Studio) -> Shown:
        tally = ReportCounter(_items(asked, bulk.total)).tally
        style = studio.style.read_by(audience)
        message = progress_card(bulk, tally, style, MOMENT, missing=missing)
        return studio.message(message, ephemeral=False)

    return make


def _report(
    bulk: Bulk, asked: int, audience: Audience = Audience.PUBLIC, form: Form = Form.SORTABLE
) -> Make:
    def make(studio: Studio) -> Shown:
        items = _items(asked, bulk.total)
        counted = ReportCounter(items).report(studio.catalog)
        style = studio.style.read_by(audience)
        message = report_card(bulk, counted, items[:99], style, form=form)
        return studio.message(message, ephemeral=False)

    return make


def _report_of(
    results: Sequence[str], bulk: Bulk, why_here: str = "", audience: Audience = Audience.DIRECT
) -> Make:
    def make(studio: Studio) -> Shown:
        items = [
            replace(one, finding=_read(results[one.position]), sandbox=True)
            if one.position < len(results)
            else one
            for one in _items(0, bulk.total)
        ]
        counted = ReportCounter(items).report(studio.catalog)
        style = studio.style.read_by(audience)
        message = report_card(bulk, counted, items, style, why_here=why_here)
        return studio.message(message, ephemeral=False)

    return make


def _page(studio: Studio) -> Shown:
    bulk = _bulk()
    items = _items(bulk.total, bulk.total)[ROWS_OF_A_PAGE : 2 * ROWS_OF_A_PAGE]
    return studio.note(page_of_results(bulk, items, 2, studio.style))


def _confirming(remark: Callable[[Notes], Message] | None) -> Make:
    def make(studio: Studio) -> Shown:
        text = "\n".join((*(one.value for one in _ids(14)), _ids(1)[0].value, "+55 11 98765-4321"))
        view = confirming(
            studio.style,
            _channel(),
            read_pasted(text, max_ids=1_000),
            text=text,
            lasts=timedelta(seconds=14),
            problem=remark(studio.notes) if remark is not None else None,
        )
        return _form(view)

    return make


def _confirming_file(studio: Studio) -> Shown:
    """The confirmation for a file attached to a message."""
    pasted = "\n".join((*(one.value for one in _ids(1_000)), _ids(1)[0].value, "+55 11 98765-4321"))
    found = read_file(pasted.encode(), max_ids=1_000)
    origin = Origin(channel=made_up.CHANNEL_ID, thread_ts=_THREAD)
    lasts = timedelta(seconds=100)
    file = FileList(id="F0000000001", name=_FILE, ids=found)
    return _form(confirming_file(studio.style, Offer.of(file, origin), file, lasts=lasts))


def _offering(origin: Origin, *problem: str) -> Make:
    """The message that offers the list in a file, perhaps after it could not be started."""
    found = IdList(ids=tuple(_ids(9)), column="IDMSG")
    file, lasts = FileList(id="F1", name=_FILE, ids=found), timedelta(seconds=1)

    def make(studio: Studio) -> Shown:
        why = studio.notes.note(*problem) if problem else None
        offer = Offer.of(file, origin)
        offered = offering(studio.style, offer, file, lasts=lasts, problem=why)
        return studio.message(offered, ephemeral=True)

    return make


def _confirming_odd_file(problems: Iterable[LineProblem]) -> Make:
    """A file with one id and more invalid rows than are shown."""
    ignored = tuple(
        IgnoredLine(
            number=number,
            text="" if problem is LineProblem.EMPTY else f"? {number}",
            problem=problem,
        )
        for number, problem in enumerate(problems, start=3)
    )
    found = IdList(ids=tuple(_ids(1)), column="Código", ignored=ignored, written=1, lost=2)
    file, lasts = FileList(id="F1", name=_FILE, ids=found), timedelta(seconds=1)
    offer = Offer.of(file, Origin())
    return lambda studio: _form(confirming_file(studio.style, offer, file, lasts=lasts))


def _form(view: View) -> Shown:
    return Shown(surface=Surface.MODAL, content=view)


def _watching(begun: int, before: int, refused: int) -> Make:
    watch = Watch(
        id="0123456789abcdef",
        message_id=_ids(1)[0],
        user=made_up.USER_ID,
        destination=_direct(),
        started_at=MOMENT,
        expires_at=MOMENT + timedelta(minutes=30),
        due_at=MOMENT,
    )
    full = NoRoom(message_id=watch.message_id, bound=Bound.USER, most=20)
    outcomes: list[StartOutcome] = [
        *[Started(watch=watch)] * begun,
        *[AlreadyWatched(watch=watch)] * before,
        *[full] * refused,
    ]
    return _noted(lambda notes: watching(outcomes, notes))


def _thread() -> Destination:
    return Destination(team=made_up.TEAM_ID, channel=made_up.CHANNEL_ID, thread=_THREAD)


def _direct() -> Destination:
    return Destination(team=made_up.TEAM_ID, channel=made_up.USER_ID)


def _channel() -> Origin:
    return Origin(channel=made_up.CHANNEL_ID)


def _noted(make: Callable[[Notes], Message]) -> Make:
    return lambda studio: studio.note(make(studio.notes))


def _no_room(bound: Bound, most: int) -> Make:
    return _confirming(lambda notes: no_room(bound, notes, most))
