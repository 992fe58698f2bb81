"""What Slack takes, and what can come: two judges that do not know the cards, and strategies.

The judges are the strict rules of the loopback Slack, and slack-sdk's own models.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.domain.call_status import Answer, CallStatus, Finding, LookupFailure, Outcome, read_result
from bot.domain.input.message_id import InvalidMessageIdError, MessageId
from bot.domain.jobs.job import Destination
from bot.domain.jobs.watch import Ending
from bot.fake_slack.rules.block_rules import Surface
from bot.fake_slack.rules.message_rules import note_content, read_content
from bot.fake_slack.rules.view_rules import problems_of_view
from bot.fake_slack.state.ledger import Ledger
from bot.slack.blocks.block_kit import MESSAGE_TEXT_LIMIT, Message
from bot.slack.blocks.plainer import plainer
from bot.slack.blocks.style import Audience, CardStyle, Contacts
from bot.slack.cards.notes import Notes
from tests.slack.watching import watch_of
from tests.support.error_tree import LEAVES
from tests.support.wording import EN, PT

NOW: Final = datetime(2026, 11, 23, 10, tzinfo=UTC)
ZONE: Final = ZoneInfo("America/Sao_Paulo")
HOSTILE: Final = (
    *("<!channel>", "<@U0BRUNO0001>", "`", "```", "*", "&", "&lt;", "\u202e", "🧑‍🚀", "\n"),
)
# The only markup in angle brackets that is ours: a time in the reader's zone, and the channel of
# an answer.
_OURS: Final = re.compile(
    r"<!date\^[0-9]+\^\{date_short_pretty\} (?:at|às) \{time\}\|[^<>|]*>|<#C1>"
)


def accepted(shown: Message) -> None:
    """Fail unless both judges take the message in all forms and it mentions no one."""
    ledger = Ledger(lambda: 0.0)
    for form in (shown.body, *plainer(shown.body)):
        note_content(ledger, "test", read_content(form))
        assert len(form["text"]) <= MESSAGE_TEXT_LIMIT
    for block in Block.parse_all(list(shown.blocks)):
        block.validate_json()
        assert block.to_dict()["type"]
    assert [] == ledger.pings
    assert [] == ledger.warnings


def taken(shown: Message) -> None:
    """Fail unless both judges take it, untrusted text is inert, and its text can be read aloud."""
    accepted(shown)
    assert shown.text.strip()
    for form in (shown.body, *plainer(shown.body)):
        assert all(_is_inert(text) for text in (form["text"], *marked_up(form)))


def taken_view(view: Mapping[str, Any], surface: Surface) -> None:
    """The same check for a modal or the App Home."""
    assert [] == problems_of_view(view, surface)
    View(**view).validate_json()
    assert all(_is_inert(text) for text in marked_up(view))


def marked_up(part: Any) -> Iterator[str]:
    """All texts that Slack parses for markup."""
    if isinstance(part, Mapping):
        if part.get("type") == "mrkdwn":
            yield part["text"]
        for value in part.values():
            yield from marked_up(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from marked_up(value)


def _is_inert(text: str) -> bool:
    """Whether its only markup is our time stamps."""
    rest = _OURS.sub("", text)
    return not re.search(r"[<>]|&(?!(amp|lt|gt);)", rest)


# Any text, and often one made of markup and control characters.
ANY_TEXT: Final = st.text(max_size=4_000) | st.lists(st.sampled_from(HOSTILE)).map("".join)
SHORT_TEXT: Final = st.text(max_size=200) | st.lists(st.sampled_from(HOSTILE), max_size=9).map(
    "".join
)


def _message_id(text: str) -> MessageId | None:
    try:
        return MessageId(text)
    except InvalidMessageIdError:
        return None


ids = st.one_of(
    st.text(min_size=1, max_size=40),
    st.sampled_from(["<!channel>", "`<!here>`", "5511987654321", "<@U0BRUNO0001>", "a" * 40]),
).map(_message_id)
some_ids = ids.filter(lambda one: one is not None).map(lambda one: one or MessageId("A"))
statuses = st.one_of(
    ANY_TEXT.map(read_result),
    st.tuples(st.sampled_from(["failed", "error", "blocked", "machine"]), st.integers(0, 999)).map(
        lambda pair: read_result(f"{pair[0]}:{pair[1]:03d}")
    ),
    st.integers(0, 999).map(lambda code: read_result(f"{code:03d}")),
    st.tuples(st.integers(0, 999), ANY_TEXT).map(lambda p: read_result(f"{p[0]:03d} {p[1]}")),
    st.decimals(0, 10**8, allow_nan=False, places=2).map(
        lambda seconds: CallStatus(
            outcome=Outcome.ANSWERED, raw=f"ok:{seconds}", duration=Decimal(seconds)
        )
    ),
)
failures = st.builds(
    LookupFailure, error=st.sampled_from([leaf.code for leaf in LEAVES]), detail=ANY_TEXT
)
findings: st.SearchStrategy[Finding] = statuses | failures
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds the zone
answers = st.builds(
    Answer,
    message_id=some_ids,
    finding=findings,
    checked_at=st.just(NOW),
    from_cache=st.booleans(),
    sandbox=st.booleans(),
)
styles = st.builds(
    CardStyle,
    catalog=st.sampled_from([EN, PT]),
    contacts=st.builds(Contacts, bot=SHORT_TEXT, gateway=SHORT_TEXT),
    zone=st.just(ZONE),
    audience=st.sampled_from(Audience),
    shared_by=SHORT_TEXT,
)
notes = st.builds(Notes, styles, st.sampled_from(["/voicestatus", "/<!here>`x`"]))
watches = st.builds(
    watch_of,
    some_ids.map(lambda one: one.value),
    ending=st.sampled_from(list(Ending)),
    started_at=moments,
    expires_at=moments,
    last=st.none()
    | st.builds(
        Answer, message_id=some_ids, finding=findings, checked_at=moments, sandbox=st.booleans()
    ),
    destination=st.builds(
        Destination,
        team=st.just("T1"),
        channel=st.sampled_from(["C1", "D1", "U1"]),
        thread=st.none() | st.just("1.1"),
    ),
)
