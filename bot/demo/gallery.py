"""The gallery: every card that the bot can show, in both languages, made by its own builders.

To add an exhibit, add one line to a table: its id, and how a `Studio` makes it. Codes and errors
need no line: every one in the language files gets its card.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from bot.demo.bulk_exhibits import bulk_exhibits
from bot.demo.file_exhibits import file_exhibits
from bot.demo.stage import COMMAND
from bot.demo.studio import IDMSG, MOMENT, Make, Shown, Studio, Surface
from bot.demo.watch_exhibits import watch_exhibits
from bot.domain.access import Asker, Refusal
from bot.domain.alerts import Alert, Trouble
from bot.domain.call_status import Answer, Outcome
from bot.domain.gateway_health import FAILURES_TO_OPEN, GatewayHealth
from bot.domain.input.message_id import MessageId
from bot.domain.input.query import DidYouMean, LookUp, Nothing, parse_query
from bot.domain.texts.catalog import Kind, Language
from bot.domain.texts.intents import NOTED
from bot.fake_slack.rules.block_rules import Surface as Judged
from bot.fake_slack.rules.block_rules import problems_of_blocks
from bot.fake_slack.rules.shown_blocks import shown_blocks
from bot.fake_slack.rules.view_rules import problems_of_view
from bot.fake_slack.state import workspace as made_up
from bot.slack.blocks.block_kit import Message
from bot.slack.blocks.style import Audience, Contacts
from bot.slack.cards.notes import Notes
from bot.slack.cards.status_card import card
from bot.slack.home.page import closed
from bot.slack.lookups.messages import (
    admins_only,
    channel_language,
    did_you_mean,
    first_answer,
    health_note,
    help_note,
    shared_note,
    whoami_note,
)
from bot.slack.lookups.sharing import sharing
from bot.slack.replies.access_notes import ended_note
from bot.slack.replies.admin_alerts import alert_note
from bot.slack.replies.requests import broken, closing

_WORKING: Final = ("working.title", "working.text")
_MIXED: Final = ("ok:85.00", "failed:486", "machine:200", "024", "blocked:608", "!timeout")
_DIFFERENT: Final = (
    *("ok:85", "ok:3", "failed:486", "failed:480", "failed:404", "failed:603", "machine:200"),
    *("024", "023", "850"),
)
# One result for each remark on a code or a duration.
_ODD: Final = (
    *("ok:", "ok:0", "ok:3", "failed:", "failed:200", "failed:409", "failed:499", "failed:701"),
    *("blocked:183", "blocked:200"),
)
# One code to represent each group of similar gateway codes.
_OF_A_GROUP: Final = {"8xx": "850", "9xx": "950", "undocumented": "777"}
# One result for each customer reply except that for a busy line.
_FOR_CUSTOMERS: Final = (
    *("ok:85.00", "ok:3.00", "machine:200", "024", "001", "failed:", "failed:404", "failed:480"),
    *("failed:503", "failed:603", "error:503", "blocked:608"),
)


class Room(StrEnum):
    """Sections of the gallery; each has a name in the language files."""

    OUTCOMES = "outcomes"
    GATEWAY = "gateway"
    SIP = "sip"
    ERRORS = "errors"
    SEVERAL = "several"
    EXPLAIN = "explain"
    WATCHES = "watches"
    BULKS = "bulks"
    NOTES = "notes"
    HEALTH = "health"
    HOME = "home"
    MODALS = "modals"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """One card; `id` is unique within a language and usable in a URL."""

    id: str
    room: Room
    language: Language
    shown: Shown

    def as_json(self) -> dict[str, Any]:
        """The exhibit for the page; every element has its ids, as in Slack."""
        content = self.shown.content
        return {
            "id": self.id,
            "room": self.room,
            "language": self.language,
            "surface": self.shown.surface,
            "ephemeral": self.shown.ephemeral,
            "content": {**content, "blocks": shown_blocks(content["blocks"], self.id)},
            "problems": self.problems(),
        }

    def problems(self) -> list[str]:
        """The problems that Slack would refuse it for."""
        judged, content = Judged(self.shown.surface.value), self.shown.content
        if judged is Judged.MESSAGE:
            return problems_of_blocks(content["blocks"], judged)
        return problems_of_view(content, judged)


_OUTCOMES: Final[Mapping[str, Make]] = {
    "answered": lambda s: s.card("ok:85.00"),
    "answered-briefly": lambda s: s.card("ok:3.00"),
    "answered-zero-seconds": lambda s: s.card("ok:0"),
    "answered-unknown-duration": lambda s: s.card("ok:"),
    "failed-busy": lambda s: s.card("failed:486"),
    "failed-after-answer": lambda s: s.card("failed:200"),
    "failed-without-code": lambda s: s.card("failed:"),
    "failed-no-sip-code": lambda s: s.card("failed:701"),
    "failed-unlisted-code": lambda s: s.card("failed:699"),
    "error": lambda s: s.card("error:503"),
    "error-after-answer": lambda s: s.card("error:200"),
    "error-without-code": lambda s: s.card("error:"),
    "blocked": lambda s: s.card("blocked:608"),
    "blocked-provisional": lambda s: s.card("blocked:183"),
    "blocked-after-answer": lambda s: s.card("blocked:200"),
    "machine": lambda s: s.card("machine:200"),
    "pending": lambda s: s.card("024"),
    "unrecognised": lambda s: s.card("queued:5"),
    "seen-by-all": lambda s: s.card("failed:486", audience=Audience.PUBLIC),
    "in-a-direct-message": lambda s: s.card("ok:85.00", audience=Audience.DIRECT),
    "from-the-sandbox": lambda s: s.note(card(_in_sandbox(s.answers("ok:85.00")), s.style)),
    "admins-told": lambda s: s.note(card(s.answers("001"), replace(s.style, admins_told=True))),
    "beside-bad-words": lambda s: s.note(card(s.answers("024"), s.style, _remarks(s))),
}
_SEVERAL: Final[Mapping[str, Make]] = {
    "list": lambda s: s.card(*_MIXED),
    "list-seen-by-all": lambda s: s.card(*_MIXED[:4], audience=Audience.PUBLIC),
    "list-of-ten": lambda s: s.card(*_MIXED, *_MIXED[:4]),
    "list-of-ten-all-different": lambda s: s.card(*_DIFFERENT),
    "list-from-the-sandbox": lambda s: s.note(card(_in_sandbox(s.answers("023", "850")), s.style)),
}
_EXPLAIN: Final[Mapping[str, Make]] = {
    "explain-603": lambda s: s.explained("603"),
    "explain-gateway-023": lambda s: s.explained("gateway:023"),
    "explain-undocumented": lambda s: s.explained("gateway:486"),
    "explain-codes": lambda s: s.explained("486 480", assumed=True),
    "explain-result": lambda s: s.explained("failed:486", assumed=True),
    "explain-word": lambda s: s.explained("voicemail"),
    "explain-nothing": lambda s: s.explained("bannana"),
    "explain-many": lambda s: s.explained("number"),
    "explain-nearest": lambda s: s.explained("numro"),
    "explain-usage": lambda s: s.explained(""),
}
_NOTES: Final[dict[str, Make]] = {
    "help": lambda s: s.note(help_note(s.notes)),
    "customer": lambda s: s.customer("failed:486"),
    "customer-of-many": lambda s: s.customer(*_FOR_CUSTOMERS),
    "details": lambda s: s.details("failed:486"),
    "details-of-a-failed-look-up": lambda s: s.details("!http_status HTTP 403"),
    "details-of-odd-results": lambda s: s.details(*_ODD),
    "details-of-an-error": lambda s: s.details("!http_status HTTP 502"),
    "working": lambda s: s.note(s.notes.note(*_WORKING, count=1)),
    "did-you-mean": lambda s: s.note(
        did_you_mean(DidYouMean(word="explian", suggestion="explain 486"), s.notes)
    ),
    "phone-number": lambda s: s.note(s.notes.nothing_valid(_look_up("+55 (11) 98765-4321"))),
    "no-id": lambda s: s.note(s.notes.nothing_valid(_look_up("1" * 60))),
    "refused-external": lambda s: s.note(s.notes.refused(Refusal.EXTERNAL)),
    "refused-channel": lambda s: s.note(s.notes.refused(Refusal.CHANNEL)),
    "refused-user": lambda s: s.note(s.notes.refused(Refusal.USER)),
    "access-ended": lambda s: s.note(ended_note(s.notes)),
    "refused-without-contact": lambda s: s.note(
        Notes(replace(s.style, contacts=Contacts()), COMMAND).refused(Refusal.USER)
    ),
    "outdated": lambda s: s.note(s.notes.note("outdated.title", "outdated.text")),
    "whoami": lambda s: _whoami(s, None),
    "whoami-admin": lambda s: _whoami(s, None, admin=True),
    "whoami-refused": lambda s: _whoami(s, Refusal.CHANNEL),
    "language-chosen": lambda s: s.note(s.notes.note("language.chosen")),
    "language-now": lambda s: s.note(s.notes.note("language.current")),
    "language-not-kept": lambda s: s.note(s.notes.note("language.not_kept", "language.still")),
    "language-help": lambda s: s.note(s.notes.note("language.unknown")),
    "language-of-channel": lambda s: s.note(channel_language(s.catalog, s.notes)),
    "admins-only": lambda s: s.note(admins_only(s.notes)),
    "shared": lambda s: s.note(shared_note([], s.notes)),
    "shared-already": lambda s: s.note(s.notes.note("working.shared_already")),
    "invite": lambda s: s.note(s.notes.hint("hint.invite")),
    "thread-gone": lambda s: s.note(s.notes.hint("hint.thread_gone")),
    "archived": lambda s: s.note(s.notes.hint("hint.archived")),
    "closed": lambda s: s.note(s.notes.hint("hint.closed")),
    "busy": lambda s: s.note(s.notes.hint("hint.busy")),
    "not-taken": lambda s: s.note(s.notes.hint("hint.not_taken")),
    "late": lambda s: s.note(first_answer(s.notes).and_then(s.notes.hint("hint.late"))),
    "broken": lambda s: s.note(broken("7f3a-91c2", s.notes)),
    "closing": lambda s: s.note(closing(s.notes)),
}
_HOME: Final[Mapping[str, Make]] = {
    "home-first-day": lambda s: s.home(),
    "home-later": lambda s: s.home(
        (IDMSG, Outcome.FAILED),
        ("MPG000236180475", Outcome.ANSWERED),
        ("MPG000236180476", Outcome.PENDING),
        ("MPG000236180477", Outcome.GATEWAY_ERROR),
        chosen=s.language,
    ),
    "home-refused": lambda s: Shown(
        surface=Surface.HOME, content=closed(s.notes.refused(Refusal.EXTERNAL))
    ),
}
_MODALS: Final[Mapping[str, Make]] = {
    "modal": lambda s: s.asking(),
    "modal-nothing-found": lambda s: s.asking("Nobody called me."),
    "modal-doubtful": lambda s: s.asking("ABC-1 20230001234567"),
    "modal-many": lambda s: s.asking(*(f"MPG0002361804{n}" for n in range(74, 86))),
    "modal-working": lambda s: s.answering(s.notes.note(*_WORKING, count=2)),
    "modal-answer": lambda s: s.answering(_in_modal(s)),
    "modal-share": lambda s: Shown(
        surface=Surface.MODAL, content=sharing(s.catalog, [MessageId(IDMSG)])
    ),
}


def exhibits() -> tuple[Exhibit, ...]:
    """All exhibits by room, in every language."""
    return tuple(
        Exhibit(id=name, room=room, language=language, shown=make(Studio(language)))
        for room, table in _walls()
        for name, make in table.items()
        for language in Language
    )


def _walls() -> Iterator[tuple[Room, Mapping[str, Make]]]:
    yield Room.OUTCOMES, _OUTCOMES
    yield Room.GATEWAY, {f"gateway-{code}": _card(code) for code in _gateway_codes()}
    yield Room.SIP, {f"sip-{code}": _card(f"failed:{code}") for code in _frequent_codes()}
    yield Room.ERRORS, {f"error-{code}": _card(f"!{code}") for code in _error_codes()}
    yield Room.SEVERAL, _SEVERAL
    yield Room.EXPLAIN, _EXPLAIN
    yield Room.WATCHES, watch_exhibits()
    yield Room.BULKS, bulk_exhibits()
    yield Room.BULKS, file_exhibits()
    yield Room.NOTES, _NOTES
    yield Room.NOTES, _first_answers()
    yield Room.HEALTH, _healthy_and_not()
    yield Room.HOME, _HOME
    yield Room.MODALS, _MODALS


def _first_answers() -> Mapping[str, Make]:
    return {
        **{f"first-{name or 'answer'}": _first(name) for name in ("", *NOTED)},
        "first-answer-directly": _first(audience=Audience.DIRECT),
        "first-no-id": _first(said="SANDBX-OK"),
    }


def _healthy_and_not() -> Mapping[str, Make]:
    return {
        **{f"health-{name}": _healthy(health) for name, health in _healths().items()},
        "health-others": _healthy(_healths()["good"], connections=3, others=2),
        "alert-900": _alarming(Alert(trouble=Trouble.SECURITY_LIMIT, code="900")),
        "alert-keys": _alarming(Alert(trouble=Trouble.KEYS, code="001")),
        "alert-account": _alarming(Alert(trouble=Trouble.ACCOUNT, code="022")),
        "alert-down": _alarming(Alert(trouble=Trouble.DOWN, detail="timeout")),
    }


def _card(result: str) -> Make:
    return lambda studio: studio.card(result)


def _first(intent: str = "", said: str = "", audience: Audience = Audience.PRIVATE) -> Make:
    def make(studio: Studio) -> Shown:
        notes = Notes(studio.style.read_by(audience), COMMAND)
        return studio.note(first_answer(notes, Nothing(said=said, intent=intent)))

    return make


def _gateway_codes() -> list[str]:
    entries = Studio(Language.ENGLISH).catalog.of_kind(Kind.GATEWAY)
    return [_OF_A_GROUP.get(entry.code, entry.code) for entry in entries]


def _frequent_codes() -> list[str]:
    entries = Studio(Language.ENGLISH).catalog.of_kind(Kind.SIP)
    return [entry.code for entry in entries if entry.frequent]


def _error_codes() -> list[str]:
    return [entry.code for entry in Studio(Language.ENGLISH).catalog.of_kind(Kind.ERROR)]


def _whoami(studio: Studio, refused: Refusal | None, *, admin: bool = False) -> Shown:
    asker = Asker(user=made_up.USER_ID, channel=made_up.CHANNEL_ID)
    return studio.note(whoami_note(asker, refused, studio.notes, admin=admin))


def _in_modal(studio: Studio) -> Message:
    style = studio.style.read_by(Audience.MODAL)
    return card(studio.answers("failed:486"), style, reader="")


def _in_sandbox(answers: Sequence[Answer]) -> list[Answer]:
    """The same answers, but from the sandbox gateway."""
    return [replace(one, sandbox=True) for one in answers]


def _remarks(studio: Studio) -> list[str]:
    """Remarks on invalid words, and on an id with a prefix that was removed."""
    return studio.notes.bad_words(_look_up("x1\x07y 4711 1,2E+11 000:MPG000236180474/475"))


def _look_up(text: str) -> LookUp:
    """The typed text parsed as a look-up."""
    query = parse_query(text)
    if not isinstance(query, LookUp):
        raise TypeError
    return query


def _healths() -> Mapping[str, GatewayHealth]:
    """Health reports for each state of the gateway."""
    before = MOMENT - timedelta(minutes=4)
    new = GatewayHealth(since=MOMENT - timedelta(hours=9))
    down = new.answered(before)
    for _ in range(FAILURES_TO_OPEN):
        down = down.failed(MOMENT, "timeout", transport=True)
    return {
        "never": new,
        "good": new.answered(before),
        "bad": new.answered(before).failed(MOMENT, "not_soap", transport=False),
        "no-answer-yet": new.failed(MOMENT, "timeout", transport=True),
        "down": down,
        "recovered": down.answered(MOMENT),
        "paused": new.answered(before).paused(MOMENT + timedelta(minutes=2)),
    }


def _healthy(health: GatewayHealth, **counts: int) -> Make:
    return lambda studio: studio.note(health_note(health, studio.style, **counts))


def _alarming(alert: Alert) -> Make:
    return lambda studio: studio.message(alert_note(alert, studio.notes), ephemeral=False)
