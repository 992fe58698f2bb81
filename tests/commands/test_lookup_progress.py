"""The summary of a list, in figures as the language writes them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from bot.commands.lookup_progress import say_alike, say_sums
from bot.domain.call_status import Outcome, read_result
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import BulkItem
from bot.domain.jobs.bulk_report import ReportCounter
from bot.domain.texts.catalog import Language
from bot.locales import load_catalog
from tests.support.wording import rate


def counted(results: Iterable[str]) -> ReportCounter:
    """The calls of a list with these results."""
    return ReportCounter(
        BulkItem(position=n, message_id=MessageId(f"MPG{n:012}"), finding=read_result(result))
        for n, result in enumerate(results)
    )


@pytest.mark.parametrize("language", [*Language])
def test_what_is_missing_is_not_rounded_away(
    capsys: pytest.CaptureFixture[str], language: Language
) -> None:
    """Of 10,000 calls one failed: neither is the rate 100 %, nor are the failed ones 0 %."""
    catalog = load_catalog(language)
    report = counted(["ok:85.00"] * 9_999 + ["failed:486"]).report(catalog)
    say_sums(report, 10_000, catalog)

    def line(count: int, outcome: Outcome) -> str:
        share = f"{catalog.writing.share(count, 10_000):>7}"
        summary = catalog.say(f"count.{outcome}", count=count)
        return catalog.say("list.terminal.share", share=share, summary=summary)

    share = catalog.writing.share(9_999, 10_000)
    assert [
        catalog.say("list.terminal.done", count=10_000),
        line(9_999, Outcome.ANSWERED),
        line(1, Outcome.FAILED),
        rate(share, answered=9_999, count=10_000, catalog=catalog),
    ] == capsys.readouterr().err.splitlines()
    assert "100" != share[:3]


@pytest.mark.parametrize(("failed", "said"), [(10, True), (9, False)])
def test_calls_that_end_alike_come_with_a_text_to_send(
    capsys: pytest.CaptureFixture[str], failed: int, *, said: bool
) -> None:
    """To gateway support and the configured contact, with some ids in full."""
    catalog = load_catalog(Language.ENGLISH)
    report = counted(["failed:480"] * failed + ["ok:85.00"] * (20 - failed)).report(catalog)
    say_alike(report, "noc@example.com", catalog)

    told = capsys.readouterr().err
    assert said == (catalog.say("advice.alike") in told)
    assert said == (f"{catalog.gateway('777').contact} (noc@example.com)" in told)
    assert said == ("MPG000000000004" in told)
    assert "MPG000000000005" not in told
