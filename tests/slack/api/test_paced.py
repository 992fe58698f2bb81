"""Posts at the pace of their conversation: notices, reports and files, and answers to people."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from bot.domain.jobs.job import Delivery, Destination
from bot.domain.timing import Timing
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.fake_slack.state.workspace import CHANNEL_ID, TEAM_ID, USER_ID
from bot.services.jobs.pace import Pace
from bot.slack.api.calls import NotNowError, SlackError, UnclearError
from bot.slack.api.paced import Place, in_turn
from bot.slack.api.post_once import OncePoster
from bot.slack.api.web_client import SlackClient
from bot.slack.files.upload import ResultFiles
from bot.slack.watches.notifier import SlackNotifier
from bot.storage.database import open_database
from bot.storage.jobs.pace import SharedPace
from tests.slack.file_scene import shared
from tests.slack.notifying import ASKED, choices, connected, plain_styles
from tests.slack.watching import watch_of

TIMING = Timing(pace=0.2, answers_ahead=0.0, posting=5.0, get_ready=0.0)
POST, FINISH = "chat.postMessage", "files.completeUploadExternal"
IN_THREAD = Destination(team=TEAM_ID, channel=CHANNEL_ID, thread=ASKED.ts)


@pytest.fixture
async def pace() -> AsyncIterator[Pace]:
    """The pace of a process on an empty database."""
    async with open_database("sqlite:///:memory:") as database:
        yield Pace(SharedPace(database, timing=TIMING), timing=TIMING)


@pytest.fixture
async def slack() -> AsyncIterator[LoopbackSlack]:
    """A Slack with the thread of a question."""
    async with running_slack() as running:
        running.said.append(ASKED)
        yield running


async def accepted() -> str:
    """A post that Slack accepts."""
    return "accepted"


async def test_without_a_pace_nothing_waits() -> None:
    """For commands that post nothing else."""
    assert "accepted" == await in_turn(None, "C1", accepted)


async def test_a_post_takes_a_place(pace: Pace) -> None:
    """In its own conversation."""
    assert "accepted" == await in_turn(pace, "C1", accepted)
    assert 0.0 < pace.ahead("C1") <= TIMING.pace
    assert 0.0 == pace.ahead("C2")


async def test_a_place_that_is_too_far_away_is_a_rate_limit(pace: Pace) -> None:
    """Nothing is called; the caller hears how long it would be."""
    await pace.refused("C1", 20.0)
    with pytest.raises(NotNowError) as refused:
        await in_turn(pace, "C1", accepted)
    assert refused.value.retry_after is not None
    assert 15.0 < refused.value.retry_after <= 20.0


@pytest.mark.parametrize(
    ("error", "closed"),
    [(NotNowError("ratelimited", retry_after=20.0), True), (UnclearError("fatal_error"), False)],
)
async def test_only_a_rate_limit_closes_a_conversation(
    pace: Pace, error: SlackError, *, closed: bool
) -> None:
    """For all who post there."""

    async def refused() -> None:
        raise error

    with pytest.raises(type(error)):
        await in_turn(pace, "C1", refused)
    assert closed is (pace.answer("C1") > 5.0)


async def test_an_answer_goes_elsewhere_if_its_place_is_too_far_away(pace: Pace) -> None:
    """Otherwise it waits for it."""
    place = Place(pace=pace, channel="C1")
    assert 0.0 == place.first(1.0)
    assert 1.5 < await place.next(2.0) <= 2.0
    with pytest.raises(NotNowError):
        place.first(1.0)


async def test_an_answer_that_would_wait_too_long_is_no_outage_in_the_log(
    pace: Pace, slack: LoopbackSlack
) -> None:
    """Slack is there; it had asked for a pause."""
    await pace.refused(CHANNEL_ID, 60.0)
    async with connected(slack.api_url, slack.bot_token) as client:
        door = SlackClient(client=client, session=client.session, pace=pace, timing=TIMING)  # type: ignore[arg-type]
        with capture_logs() as logs:
            assert await door.call(POST, channel=CHANNEL_ID, text="x") is None
    assert (["refused by Slack"], []) == ([one["event"] for one in logs], slack.calls)


async def test_a_notice_that_slack_refuses_closes_its_conversation(
    pace: Pace, slack: LoopbackSlack
) -> None:
    """The next one is not tried there before Slack accepts it."""
    slack.fail_next(POST, error="ratelimited", retry_after=60)
    async with connected(slack.api_url, slack.bot_token) as client, choices() as who:
        poster = OncePoster(client=client, readers=plain_styles(who), pace=pace, timing=TIMING)
        notifier = SlackNotifier(poster)
        first, second = await notifier.tell(watch_of()), await notifier.tell(watch_of(id="f" * 16))
        direct = Destination(team=TEAM_ID, channel=USER_ID)
        third = await notifier.tell(watch_of(id="e" * 16, destination=direct))

    assert [Delivery.NOT_SENT] * 2 == [first.delivery, second.delivery]
    assert all(one.pause is not None for one in (first, second))
    assert Delivery.SENT is third.delivery
    assert 2 == sum(call.method == POST for call in slack.calls)


async def test_a_file_is_shared_at_the_pace(pace: Pace, slack: LoopbackSlack) -> None:
    """It is a message of the bot as well."""

    async def lines() -> AsyncIterator[bytes]:
        yield b"id\r\n"

    slack.workspace.scopes |= {"files:write"}
    async with connected(slack.api_url, slack.bot_token) as client:
        files = ResultFiles(client=client, session=client.session, pace=pace, timing=TIMING)  # type: ignore[arg-type]
        delivery = await shared(files, lines(), name="a.csv", title="a", place=IN_THREAD)
        assert (Delivery.SENT, True) == (delivery, pace.ahead(CHANNEL_ID) > 0)
        slack.fail_next(FINISH, error="ratelimited", retry_after=60)
        delivery = await shared(files, lines(), name="a.csv", title="a", place=IN_THREAD)
    assert (Delivery.NOT_SENT, True) == (delivery, pace.ahead(CHANNEL_ID) > 50)
