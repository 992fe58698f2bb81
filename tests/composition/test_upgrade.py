"""From 0.1.0: what stands in channels of it does its job, and what waited in its database goes on.

The first lines of tests/samples/upgrade_0_1_0.json say how it was recorded.
"""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from bot.domain.jobs.bulk import BulkState
from bot.domain.jobs.watch import State
from bot.fake_slack.people.person import Outcome, Person
from bot.fake_slack.slack_server import LoopbackSlack
from bot.fake_slack.state.ledger import Message, UserMessage, View
from bot.fake_slack.state.workspace import OTHER_USER_ID, TEAM_ID, USER_ID
from bot.settings.settings import Mode
from bot.storage.audit import Audit
from bot.storage.jobs.bulks import Bulks
from bot.storage.jobs.watches import Watches
from tests.slack.watching import BEGUN, PATIENCE, QUICK, READING, SWIFT, TOLD, buttons_of, shown
from tests.support.reading import carried, copied, heading, in_view, row_of, seen, where
from tests.support.records import AUDIT_KEY, recent
from tests.support.scene import Scene, playing
from tests.support.wording import ANSWERED, BUSY, EN, PT, phrase, say, verdict

SAMPLES: Final = Path(__file__).parents[1] / "samples"
MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}")
TS: Final = re.compile(r"\b(1\d{9})(\.\d{6})\b")
RAW: Final = re.compile(r"failed:486|\b024\b|ok:85\.00")
PENDING: Final = verdict("024")
LANGUAGES: Final = {"en": EN, "pt-BR": PT}
# Beyond all numbers that Slack gave out then.
NEXT_NUMBER: Final = 10_000


def _left(name: str, passed: timedelta) -> str:
    """What 0.1.0 left, as if it had done so later by this time."""
    seconds = int(passed.total_seconds())
    text = (SAMPLES / name).read_text()
    text = MOMENT.sub(lambda m: f"{datetime.fromisoformat(m[0]) + passed:%F %T.%f}", text)
    return TS.sub(lambda m: f"{int(m[1]) + seconds}{m[2]}", text)


MADE: Final = json.loads((SAMPLES / "upgrade_0_1_0.json").read_text())["made"]
STARTED: Final = datetime.now(UTC)
# Since then the leases of a process that was killed are over.
PASSED: Final = STARTED - timedelta(minutes=2) - datetime.fromisoformat(f"{MADE}+00:00")
LEFT: Final[Mapping[str, Any]] = json.loads(_left("upgrade_0_1_0.json", PASSED))
MESSAGES: Final = {one["name"]: one for one in LEFT["messages"]}
DATABASE: Final = _left("upgrade_0_1_0.sql", PASSED)
VIEWS: Final = {one["name"]: one for one in LEFT["views"]}
BARE: Final = ({"type": "section", "text": {"type": "plain_text", "text": "-"}},)
# It is over by itself before anybody could stop it.
GOES_ON: Final = "progress of what goes on"


def stand(slack: LoopbackSlack) -> None:
    """Put all messages of then where they stood."""
    slack.ledger._number = NEXT_NUMBER
    slack.workspace.direct(USER_ID)
    slack.said.extend(UserMessage(**one) for one in LEFT["said"])
    for card in LEFT["cards"]:
        slack.messages.append(Message(text="-", blocks=BARE, **card))
    for name in MESSAGES:
        message(slack, name)


def message(slack: LoopbackSlack, name: str) -> Message:
    """A message as 0.1.0 left it, whatever has become of it since."""
    fields = {key: value for key, value in MESSAGES[name].items() if key != "name"}
    wanted = Message(text="-", **fields | {"blocks": tuple(fields["blocks"])})
    now = slack.ledger.find(wanted.channel, wanted.ts)
    if now is not None:
        slack.messages.remove(now)
    slack.messages.append(wanted)
    return wanted


def view(slack: LoopbackSlack, name: str, *, user: str = "") -> View:
    """A modal or page as 0.1.0 left it, before a person."""
    content = VIEWS[name]["view"]
    put = slack.open_views.publish if content["type"] == "home" else slack.open_views.open
    return put(user or VIEWS[name]["user"], TEAM_ID, content)


@pytest.fixture(scope="module")
async def bot(mode: Mode, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """The bot of today at the Slack and on the database that 0.1.0 left."""
    path = tmp_path_factory.mktemp("upgrade") / "voicestatus.db"
    with sqlite3.connect(path) as database:
        database.executescript(DATABASE)
    database.close()
    async with playing(
        mode,
        scopes=READING | {"files:read", "files:write"},
        timing=SWIFT,
        settle=stand,
        notifies=True,
        database_url=f"sqlite:///{path}",
        watch_intervals_seconds=QUICK,
    ) as scene:
        yield scene


def elements(blocks: Any) -> Iterator[Mapping[str, Any]]:
    """Everything in them that can be used."""
    for block in blocks:
        yield from block.get("elements", ())
        if "accessory" in block:
            yield block["accessory"]


def forms(callback: str) -> list[str]:
    """The names of the forms of then with this `callback_id`."""
    return [name for name, one in VIEWS.items() if one["view"].get("callback_id") == callback]


def presses(left: Mapping[str, Any]) -> list[Any]:
    """Each button of each message or view of then; of a list of watches, that of one."""
    found = {
        (name, element["action_id"]): element.get("value")
        for name, one in left.items()
        if name != GOES_ON
        for element in elements(one.get("view", one)["blocks"])
        if element["type"] == "button"
    }
    return [pytest.param(*key, value, id=": ".join(key)) for key, value in found.items()]


def titles(value: str) -> tuple[str, ...]:
    """How a card about these ids may begin now."""
    ids = json.loads(value)
    if len(ids) > 1:
        return (say("list.title", count=len(ids)),)
    # Of a call that got its status then, this gateway has not heard before.
    return (BUSY,) if ids == ["SANDBOX-BUSY"] else (PENDING, ANSWERED)


async def comes(bot: Scene, since: int, is_it: Callable[[Message], bool]) -> Message:
    """The first message of this kind that comes."""

    def found() -> list[Message]:
        # What else goes on may post a file, which has no blocks.
        return [one for one in bot.slack.messages[since:] if one.blocks and is_it(one)]

    await bot.slack.wait_for(lambda: bool(found()))
    return found()[0]


Press = Callable[[Scene, Message, str, int], Awaitable[None]]


async def refreshes(bot: Scene, card: Message, value: str, _since: int) -> None:
    """The card in its place, with the same ids, for the same people, and who shared it."""
    now = await bot.latest(card, lambda m: heading(m).startswith(titles(value)))
    assert (where(card), json.loads(value)) == (where(now), carried(now))
    before, after = row_of(card)["refresh"], next(iter(row_of(now).values()))
    assert before.get("visible_to_user_ids") == after.get("visible_to_user_ids")
    (row,) = [block["block_id"] for block in card.blocks if block["type"] == "actions"]
    _, _, sharer = row.partition(":")
    assert bool(sharer) == (say("card.shared_by", user=sharer) in seen(now))


async def watches(bot: Scene, _card: Message, value: str, _since: int) -> None:
    """A note that names the call, on the card or beside it."""
    notes = [phrase("watch.started", idmsg=idmsg).pattern for idmsg in json.loads(value)]
    await shown(bot, re.compile("|".join(notes)))


async def shares(bot: Scene, card: Message, value: str, since: int) -> None:
    """A card for all; what was shared then is not shared again."""
    if card.ts == MESSAGES["ephemeral card that was shared"]["ts"]:
        told = await shown(bot, say("working.shared_already"), since=since)
        assert told.ephemeral
    else:
        told = await comes(bot, since, lambda m: heading(m).startswith(titles(value)))
        assert (card.channel, None, False) == where(told)


async def writes_to_the_customer(bot: Scene, card: Message, _value: str, since: int) -> None:
    """A text to copy, where the card stands."""
    note = await comes(bot, since, lambda m: bool(copied(m)))
    assert card.channel == note.channel


async def shows_details(bot: Scene, _card: Message, _value: str, since: int) -> None:
    """The raw result."""
    await comes(bot, since, lambda m: bool(re.search(RAW, seen(m)) and "-" != heading(m)))


async def opens_the_form(bot: Scene, _card: Message, value: str, _since: int) -> None:
    """With the ids in it."""
    form = await bot.modal()
    assert "bulk_list" == form.content["callback_id"]
    assert all(idmsg in str(form.content) for idmsg in json.loads(value))


async def stops_the_list(bot: Scene, _card: Message, _value: str, since: int) -> None:
    """What is known is reported."""
    await bot.slack.wait_for(lambda: any(m.metadata for m in bot.slack.messages[since:]))


async def watches_the_pending(bot: Scene, _card: Message, _value: str, since: int) -> None:
    """The one of the list."""
    await shown(bot, say("bulk.note.watching_title", count=1), since=since)


async def shows_a_page(bot: Scene, _card: Message, value: str, since: int) -> None:
    """The first one beside the report."""
    await shown(bot, page_title(value), since=since)


async def turns_the_page(bot: Scene, page: Message, value: str, _since: int) -> None:
    """Another one in its place."""
    await bot.latest(page, lambda m: bool(page_title(value).match(heading(m))))


def page_title(value: str) -> re.Pattern[str]:
    """What stands above the page that a button leads to."""
    return phrase("bulk.page.title", page=int(value.partition(":")[2]))


async def says_it_is_watched(bot: Scene, note: Message, _value: str, _since: int) -> None:
    """In its place; the time that was chosen is not offered again."""
    now = await bot.latest(note, lambda m: heading(m) == BEGUN)
    assert 4 == len(buttons_of(now))


async def stops_the_watch(bot: Scene, note: Message, value: str, _since: int) -> None:
    """In its place; the row ends."""
    await bot.latest(note, lambda m: say("watch.stopped_title", count=1) in seen(m))
    found = await Watches(bot.running.stores.database).get(*json.loads(value))
    assert found is not None
    assert State.CANCELLED is found.state


PRESSES: Final[Mapping[str, Press]] = {
    "card_refresh": refreshes,
    "card_watch": watches,
    "card_share": shares,
    "card_customer": writes_to_the_customer,
    "card_details": shows_details,
    "bulk_open": opens_the_form,
    "bulk_stop": stops_the_list,
    "bulk_watch": watches_the_pending,
    "bulk_page_show": shows_a_page,
    "bulk_page_before": turns_the_page,
    "bulk_page_next": turns_the_page,
    "watch_limit_30": says_it_is_watched,
    "watch_limit_60": says_it_is_watched,
    "watch_limit_240": says_it_is_watched,
    "watch_limit_1440": says_it_is_watched,
    "watch_stop": stops_the_watch,
    "watch_cancel": stops_the_watch,
}


@pytest.mark.parametrize(("name", "action", "value"), presses(MESSAGES))
async def test_a_button_of_a_message_does_its_job(
    bot: Scene, name: str, action: str, value: str
) -> None:
    """As it stands there, with the ids and the value of then."""
    pressed = message(bot.slack, name)
    bot.slack.open_views.clear(USER_ID)
    since = len(bot.slack.messages)

    await bot.person.click(pressed, action, value=value)

    await PRESSES[action](bot, pressed, value, since)


Use = Callable[[Scene, Person, str, str], Awaitable[None]]


async def is_watched(bot: Scene, person: Person, _action: str, _value: str) -> None:
    """The modal says so."""
    await bot.modal_showing(BEGUN, person)


async def is_stopped(bot: Scene, person: Person, _action: str, _value: str) -> None:
    """The modal says so."""
    await bot.modal_showing(say("watch.stopped_title", count=1), person)


async def asks_to_be_opened_again(bot: Scene, person: Person, _action: str, _value: str) -> None:
    """The form that it stands in is signed by nobody."""
    await bot.slack.wait_for(lambda: any(map(is_outdated, bot.slack.modals_of(person.user))))


async def opens_a_modal(bot: Scene, person: Person, action: str, _value: str) -> None:
    """The one that asks, or the form for a list."""
    opened = await bot.modal(person)
    wanted = {"home_ask": "ask_for_ids", "home_bulk_open": "bulk_list"}[action]
    assert wanted == opened.content["callback_id"]


async def leaves_the_page(bot: Scene, person: Person, _action: str, value: str) -> None:
    """The row ends, and the page is drawn without it."""
    (name,) = json.loads(value)

    def is_there() -> bool:
        return name in str(bot.slack.home_of(person.user))

    await bot.slack.wait_for(lambda: not is_there())
    found = await Watches(bot.running.stores.database).get(name)
    assert found is not None
    assert State.CANCELLED is found.state


USES: Final[Mapping[str, Use]] = {
    "card_watch": is_watched,
    "watch_limit_60": is_watched,
    "watch_limit_240": is_watched,
    "watch_limit_1440": is_watched,
    "watch_stop": is_stopped,
    "bulk_open": asks_to_be_opened_again,
    "home_ask": opens_a_modal,
    "home_bulk_open": opens_a_modal,
    "home_watch_cancel": leaves_the_page,
}


@pytest.mark.parametrize(("name", "action", "value"), presses(VIEWS))
async def test_a_button_of_a_modal_or_of_the_home_tab_does_its_job(
    bot: Scene, name: str, action: str, value: str
) -> None:
    """As it was opened then."""
    person = bot.person.as_user(VIEWS[name]["user"])
    bot.slack.open_views.clear(person.user)

    await person.click(view(bot.slack, name), action, value=value)

    await USES[action](bot, person, action, value)


async def test_the_language_is_chosen_on_the_home_tab_of_then(bot: Scene) -> None:
    """Each of its options; the page is drawn in it, with the option chosen."""
    options = [one["value"] for one in menu_of(VIEWS["home"]["view"])["options"]]

    drawn = {option: await chosen(bot, option) for option in options}

    assert options == [menu_of(one.content)["initial_option"]["value"] for one in drawn.values()]
    for option, catalog in LANGUAGES.items():
        assert say("home.language", catalog) in in_view(drawn[option])


async def chosen(bot: Scene, language: str) -> View:
    """The page as it is drawn when a language was chosen on that of then."""
    bruno, page = bot.person.as_user(OTHER_USER_ID), view(bot.slack, "home")
    await bruno.click(page, "home_language", value=language)
    await bot.slack.wait_for(lambda: top(bot, page).hash != page.hash)
    return top(bot, page)


def menu_of(home: Mapping[str, Any]) -> Mapping[str, Any]:
    """The languages to choose from."""
    (menu,) = [one for one in elements(home["blocks"]) if "options" in one]
    return menu


@pytest.mark.parametrize(
    ("name", "values"),
    [
        *((name, {"ids": "SANDBOX-BUSY"}) for name in forms("ask_for_ids")),
        *((name, {"bulk_ids": "SANDBOX-OK SANDBOX-BUSY"}) for name in forms("bulk_list")),
    ],
)
async def test_a_form_of_then_asks_to_be_opened_again(
    bot: Scene, name: str, values: dict[str, str]
) -> None:
    """Nobody has signed where it leads; what was typed stays in it."""
    person = bot.person.as_user(VIEWS[name]["user"])
    since = len(bot.slack.messages)

    submission = await person.submit(view(bot.slack, name), values)

    catalogs = LANGUAGES.values()
    assert Outcome.ERRORS is submission.action
    assert set(submission.errors.values()) <= {say("outdated.field", one) for one in catalogs}
    assert since == len(bot.slack.messages)


async def test_a_form_of_then_without_a_field_is_replaced(bot: Scene) -> None:
    """By a note that says what to do."""
    bruno = bot.person.as_user(OTHER_USER_ID)

    submission = await bruno.submit(view(bot.slack, "list of a file", user=bruno.user))

    assert submission.view is not None
    assert is_outdated(submission.view)


def top(bot: Scene, opened: View) -> View:
    """A view as it stands now."""
    return bot.slack.open_views.find(opened.id) or opened


def is_outdated(shown: View) -> bool:
    """Whether a modal says, in the language of whoever opened it, that its time is over."""
    return any(say("outdated.text", one) in in_view(shown) for one in LANGUAGES.values())


async def test_the_shortcut_of_a_message_answers_in_its_thread(bot: Scene) -> None:
    """By the name that the manifest of then gave it."""
    said = await bot.person.say("SANDBOX-BUSY")
    since = len(bot.slack.messages)

    await bot.person.message_shortcut(LEFT["shortcuts"]["message"], said)

    card = await comes(bot, since, lambda m: heading(m) == BUSY)
    assert (said.channel, said.ts, False) == where(card)


async def test_the_global_shortcut_asks(bot: Scene) -> None:
    """By the name that the manifest of then gave it."""
    bot.slack.open_views.clear(USER_ID)

    await bot.person.global_shortcut(LEFT["shortcuts"]["global"])

    assert "ask_for_ids" == (await bot.modal()).content["callback_id"]


def named(name: str, kind: str) -> str:
    """The watch or list that a message of then is about."""
    return str(MESSAGES[name]["metadata"]["event_payload"][kind])


def about(bot: Scene, kind: str, name: str) -> list[Message]:
    """The notices or reports about it."""
    marked = [one for one in bot.slack.messages if one.metadata is not None]
    return [one for one in marked if name == (one.metadata or {})["event_payload"].get(kind)]


async def test_a_watch_goes_on(bot: Scene) -> None:
    """It waited then, and is told in its thread now, once."""
    found = re.search(r"'([0-9a-f]{16})','SANDBOX-PENDING-5',.*?'(1[0-9.]+)'", DATABASE)
    assert found is not None
    bot.gateway_clock.forward(6.0)
    await bot.slack.wait_for(lambda: bool(about(bot, "watch", found[1])))

    (told,) = about(bot, "watch", found[1])

    assert TOLD in seen(told)
    assert ANSWERED in seen(told)
    assert found[2] == told.thread_ts


async def test_a_list_goes_on(bot: Scene) -> None:
    """It was being asked about then, and is reported now, once, with its card over."""
    name = str(elements_of(GOES_ON)["bulk_stop"]["value"])
    await bot.slack.wait_for(lambda: bool(about(bot, "bulk", name)))

    (report,) = about(bot, "bulk", name)

    assert say("bulk.report.all_asked") in seen(report)
    assert MESSAGES[GOES_ON]["ts"] == report.thread_ts


async def test_what_a_killed_process_had_posted_is_not_posted_again(bot: Scene) -> None:
    """It is found by the mark of then, and the rows end."""
    watch, bulk = named("notice in a thread", "watch"), named("report, direct", "bulk")
    database = bot.running.stores.database

    async def states() -> list[object]:
        told, reported = await Watches(database).get(watch), await Bulks(database).get(bulk)
        assert told is not None
        assert reported is not None
        return [told.state, reported.state, reported.ended_at is not None]

    async with asyncio.timeout(PATIENCE):
        while await states() != [State.TOLD, BulkState.REPORTED, True]:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.02)

    assert 1 == len(about(bot, "watch", watch))
    assert 1 == len(about(bot, "bulk", bulk))


def elements_of(name: str) -> Mapping[str, Mapping[str, Any]]:
    """What can be used in a message of then, by its action."""
    return {one["action_id"]: one for one in elements(MESSAGES[name]["blocks"])}


async def test_what_people_chose_and_asked_is_kept(bot: Scene) -> None:
    """The language, the recent look-ups, the audit."""
    bruno = bot.person.as_user(OTHER_USER_ID)
    await bruno.open_home()

    drawn = await bot.home(bruno, shows="SANDBOX-BUSY")
    audited = await recent(Audit(bot.running.stores.database, AUDIT_KEY), 1_000)

    assert "pt-BR" == menu_of(drawn.content)["initial_option"]["value"]
    kept = {("command", "bulk"), ("mention", "lookup"), ("button", "share")}
    assert kept <= {(one.surface, one.action) for one in audited if one.at < STARTED}
