"""Gallery exhibits of watches: started, listed, notified, given up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from bot.demo.studio import IDMSG, MOMENT, Make, Shown, Studio, ids_of
from bot.domain.call_status import Answer, read_result
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.job import Destination
from bot.domain.jobs.watch import Bound, Bounds, Ending, State, Watch
from bot.fake_slack.state import workspace as made_up
from bot.services.watches.service import AlreadyWatched, NoRoom, Started, StartOutcome
from bot.slack.blocks.block_kit import Message
from bot.slack.blocks.style import Audience
from bot.slack.cards.notes import Notes
from bot.slack.cards.status_card import card
from bot.slack.watches.notes import listed, needless, started, stopped
from bot.slack.watches.notifier import notice, status_of

_ENDINGS: Final[Mapping[str, tuple[Ending, str]]] = {
    "answered": (Ending.STATUS, "ok:85.00"),
    "failed": (Ending.STATUS, "failed:486"),
    "limit": (Ending.LIMIT, "024"),
    "unknown-id": (Ending.UNKNOWN_ID, "023"),
    "refused": (Ending.REFUSED, "900"),
}
_LINK: Final = "https://example.slack.com/archives/C0SUPPORT01/p1772471045000100"
_SOMEBODY: Final = made_up.OTHER_USER_ID
_HOURS_LATER: Final = MOMENT + timedelta(minutes=236)


def watch_exhibits() -> Mapping[str, Make]:
    """The exhibits by their ids."""
    bounds = {
        f"watch-no-room-{one.value}": _started(_no_room(one))
        for one in Bounds(user=1, all=1, channel=1).each
    }
    return {
        "watch-begun-on-its-card": _on_its_card,
        "watch-begun": _started(Started(watch=_watch())),
        "watch-begun-in-a-thread": _started(Started(watch=_watch(destination=_thread()))),
        "watch-begun-for-one-more-look": _started(Started(watch=_watch(unknown=True))),
        "watch-begun-for-two": _started(*(Started(watch=one) for one in _watches(2))),
        "watch-begun-for-hours": _started(Started(watch=_watch(expires_at=_HOURS_LATER))),
        "watch-there-already": _started(AlreadyWatched(watch=_watch())),
        "watch-there-for-another": _started(
            AlreadyWatched(watch=_watch(user=_SOMEBODY, destination=_thread()))
        ),
        **bounds,
        "watch-in-part": _hindered,
        "watch-needless": _needless,
        "watches": _noted(lambda notes: listed(_watches(2, destination=_thread()), notes)),
        "watches-many": _noted(lambda notes: listed(_watches(22), notes)),
        "watches-none": _noted(lambda notes: listed([], notes)),
        "watch-stopped": _noted(lambda notes: stopped([_watch()], notes)),
        "watch-stopped-two": _noted(lambda notes: stopped(_watches(2), notes)),
        "watch-over-already": _noted(lambda notes: stopped([], notes)),
        "watch-not-kept": _noted(lambda notes: notes.titled("watch.not_kept")),
        **_notices(),
        "home-with-watches": lambda studio: studio.home(watches=[_watch()]),
        "home-with-many-watches": lambda studio: studio.home(watches=_watches(11)),
    }


def _undelivered(studio: Studio) -> Shown:
    watch = _watch(state=State.UNDELIVERED)
    style = studio.style.read_by(Audience.PUBLIC)
    (last,) = studio.answers("ok:85.00")
    return studio.message(status_of(watch, last, style), ephemeral=False)


def _several(studio: Studio) -> Shown:
    watches = [
        _watch(id=f"{number:016x}", message_id=answer.message_id, last=answer)
        for number, answer in enumerate(studio.answers("ok:85.00", "failed:486", "024"))
    ]
    style = studio.style.read_by(Audience.PUBLIC)
    return studio.message(notice(watches, style, [_LINK, "", _LINK]), ephemeral=False)


def _watch(**changes: Any) -> Watch:
    values: dict[str, Any] = {
        "id": "0123456789abcdef",
        "message_id": MessageId(IDMSG),
        "user": made_up.USER_ID,
        "destination": Destination(team=made_up.TEAM_ID, channel=made_up.USER_ID),
        "started_at": MOMENT - timedelta(minutes=4),
        "expires_at": MOMENT + timedelta(minutes=26),
        "due_at": MOMENT,
    }
    return Watch(**(values | changes))


def _watches(count: int, **changes: Any) -> list[Watch]:
    ids = enumerate(ids_of(count))
    return [_watch(id=f"{number:016x}", message_id=one, **changes) for number, one in ids]


def _thread() -> Destination:
    return Destination(team=made_up.TEAM_ID, channel=made_up.CHANNEL_ID, thread="1772471045.000100")


def _no_room(bound: Bound) -> NoRoom:
    return NoRoom(message_id=MessageId(IDMSG), bound=bound, most=20)


def _noted(make: Callable[[Notes], Message]) -> Make:
    return lambda studio: studio.note(make(studio.notes))


def _started(*outcomes: StartOutcome) -> Make:
    return _noted(lambda notes: started(outcomes, notes, made_up.USER_ID))


def _notices() -> Mapping[str, Make]:
    ended = {
        f"watch-notice-{name}": _notice(ending, result)
        for name, (ending, result) in _ENDINGS.items()
    }
    return {
        **ended,
        "watch-notice-in-a-thread": _notice(
            Ending.STATUS, "failed:486", audience=Audience.PUBLIC, link=_LINK
        ),
        "watch-notice-moved": _notice(Ending.STATUS, "failed:486", why_here="moved"),
        "watch-notice-of-a-thread-that-is-gone": _notice(
            Ending.STATUS, "failed:486", why_here="gone"
        ),
        "watch-notice-without-a-look": _notice(Ending.LIMIT),
        "watch-notice-undelivered": _undelivered,
        "watch-notice-at-the-limit-in-a-thread": _notice(
            Ending.LIMIT, "024", audience=Audience.PUBLIC, link=_LINK
        ),
        "watch-notice-for-several": _several,
    }


def _on_its_card(studio: Studio) -> Shown:
    shown = card(studio.answers("024"), studio.style, watched=True)
    note = started([Started(watch=_watch())], studio.notes, made_up.USER_ID)
    return studio.note(shown.followed_by(*note.blocks))


def _hindered(studio: Studio) -> Shown:
    answers = studio.answers("ok:85.00", "900")
    begun = [Started(watch=_watches(3)[-1])]
    return studio.note(started(begun, studio.notes, made_up.USER_ID, answers))


def _needless(studio: Studio) -> Shown:
    answers = studio.answers("ok:85.00", "900")
    return studio.note(card(answers, studio.style, [*needless(answers, studio.notes)]))


def _notice(
    ending: Ending,
    result: str = "",
    audience: Audience = Audience.DIRECT,
    *,
    link: str = "",
    why_here: str = "",
) -> Make:
    seen = None
    if result:
        seen = Answer(message_id=MessageId(IDMSG), finding=read_result(result), checked_at=MOMENT)
    watch = _watch(ending=ending, last=seen)

    def make(studio: Studio) -> Shown:
        style = studio.style.read_by(audience)
        return studio.message(notice([watch], style, [link], why_here=why_here), ephemeral=False)

    return make
