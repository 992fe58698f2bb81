"""Slack refuses what it took yesterday, with a word that we do not know: nothing is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any, Final

import aiohttp
import pytest

from bot.fake_slack.state.ledger import Message
from bot.settings.settings import Mode
from tests.slack.listing import REPORT, begun, said
from tests.slack.watching import BEGUN, TOLD, end_waiting, expect_rings, shown, waiting, watching
from tests.support.reading import seen
from tests.support.scene import ASK, WITH_NOTE, Scene, Stages
from tests.support.wording import ANSWERED, BUSY, say

TWO: Final = "SANDBOX-BUSY SANDBOX-OK"
REASONS: Final = tuple(one.partition(":")[0] for one in (BUSY, ANSWERED))
RESULTS: Final = tuple(one.partition(" ")[2] for one in REASONS)
WORDS: Final = ("invalid_attachments", "a_word_of_2031")


@pytest.fixture
async def ways(mode: Mode, stages: Stages) -> AsyncIterator[Scene]:
    """A bot with short intervals, whose Slack is as before after the test."""
    async with watching(stages, mode) as scene:
        yield scene
        scene.slack.failures.clear()


def has_blocks(given: Mapping[str, Any]) -> bool:
    """Whether it is a message with blocks."""
    return bool(given.get("blocks"))


def has_rich_text(given: Mapping[str, Any]) -> bool:
    """Whether a message or view has rich text."""
    return "rich_text" in str(given)


def is_notice(given: Mapping[str, Any]) -> bool:
    """Whether it is the notice of a watch, in any form."""
    return TOLD in str(given.get("text"))


def is_report(given: Mapping[str, Any]) -> bool:
    """Whether it is the report of a list, in any form."""
    return REPORT in str(given.get("text"))


def tells_apart(message: Message, busy: str = REASONS[0], ok: str = REASONS[1]) -> bool:
    """Whether each call is in a line with its own status."""
    lines = f"{message.text}\n{seen(message)}".splitlines()
    wanted = (("SANDBOX-BUSY", busy), ("SANDBOX-OK", ok))
    return all(any(idmsg in line and what in line for line in lines) for idmsg, what in wanted)


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("rule", [has_blocks, has_rich_text])
async def test_an_answer_comes_plainer_wherever_it_was_asked(
    ways: Scene, word: str, rule: Any
) -> None:
    """Once, in the place where it belongs, and each call with its status."""
    ways.slack.failures.forbid(word, rule)

    answers = [
        await ways.answer(TWO),
        await ways.mention(TWO),
        await ways.direct(TWO),
        await ways.shortcut(TWO),
    ]
    await ways.running.work.idle()

    assert [True] * 4 == [tells_apart(one) for one in answers]
    assert [True, False, False, False] == [one.ephemeral for one in answers]
    assert answers == ways.slack.messages


async def test_a_form_comes_plainer(mode: Mode, stages: Stages) -> None:
    """The modal that asks has a field, which stays; the answer in it has paragraphs."""
    async with stages.scene(mode, timing=replace(WITH_NOTE, modal_ack=0.1)) as ways:
        await ways.person.global_shortcut(ASK)
        view = await ways.modal()
        ways.slack.failures.forbid("a_word_of_2031", has_rich_text)
        await ways.person.submit(view, {"ids": TWO})
        shown_there = await ways.modal_showing(REASONS[0])
        ways.slack.failures.clear()

    assert {"section"} == {block["type"] for block in shown_there.content["blocks"]}
    assert [] == ways.slack.messages


@pytest.mark.parametrize("word", WORDS)
async def test_a_notice_comes_plainer_into_its_thread(ways: Scene, word: str) -> None:
    """The card is updated in a plainer form as well."""
    card = await ways.mention(f"{waiting()} avisar")
    await shown(ways, BEGUN)
    ways.slack.failures.forbid(word, has_blocks)
    end_waiting(ways)
    told = await shown(ways, TOLD)

    assert (card.channel, card.thread_ts, ()) == (told.channel, told.thread_ts, told.blocks)
    assert ANSWERED in told.text
    await ways.latest(card, lambda now: ANSWERED in now.text and now.blocks == ())
    expect_rings(ways, ways.person.user)


async def test_a_notice_that_slack_takes_nowhere_is_said_on_the_card(ways: Scene) -> None:
    """With the status that it was to report."""
    card = await ways.mention(f"{waiting()} avisar")
    await shown(ways, BEGUN)
    ways.slack.failures.forbid("a_word_of_2031", is_notice)
    end_waiting(ways)
    shows = await ways.latest(card, lambda now: say("notice.undelivered") in seen(now))

    assert ANSWERED in seen(shows)


@pytest.mark.parametrize("word", WORDS)
async def test_a_report_comes_plainer_into_its_thread(ways: Scene, word: str) -> None:
    """Once, beside its card."""
    ways.slack.failures.forbid(word, has_blocks)
    await begun(ways, TWO)
    report = await said(ways, REPORT)
    await ways.running.poller.idle()

    assert (False, True) == (report.channel.startswith("D"), tells_apart(report, *RESULTS))
    expect_rings(ways, ways.person.user)


async def test_a_report_that_slack_takes_nowhere_is_said_on_the_card_and_counted(
    ways: Scene,
) -> None:
    """Its button shows all results."""
    ways.slack.failures.forbid("a_word_of_2031", is_report)
    await begun(ways, TWO)
    button = say("bulk.report.show_all")
    card = await said(ways, say("bulk.over.no_report", asked=2, total=2, button=button))
    page = await ways.comes_of(ways.person.click(card, "bulk_page_show"))

    assert tells_apart(page, *RESULTS)
    async with aiohttp.ClientSession() as session, session.get(ways.url("/metrics")) as reply:
        metrics = await reply.text()
    assert 'voicestatus_messages_undelivered_total{what="report"} 1.0' in metrics
    ways.slack.pings.clear()
