"""User input is parsed on the event loop, so parsing must be fast for any input."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import pytest

from bot.domain.id_lists.id_list import MAX_PASTED, UnreadableListError
from bot.domain.id_lists.pasted import read_pasted
from bot.domain.input.readable import MAX_READ
from bot.slack.lookups.message_text import query_in

# Ten times the slowest case; quadratic growth would take more than twice as long as that.
MOST_SPLITS = 4_000

SEEDS = [
    *("<@A|", "<@A", "<@A|x> ", "<tel:1|", "<http://x|", "&lt;", "a@", ":a", "\u0301", "\ufdfa"),
    *("word ", "eeeeeee ", "e1 ", "1 ", "id:", "IDMSG ", "MPG12345 ", "11 9", "http://a?u=", ",'"),
]


def seconds(work: Callable[[], object]) -> float:
    """The CPU time of one run."""
    began = time.process_time()
    work()
    return time.process_time() - began


def dear(length: int, work: Callable[[str], object]) -> list[str]:
    """The seeds for which the work takes too long in each run."""
    plain = "a " * (length // 2)
    split = min(seconds(lambda: [plain.split() for _ in range(20)]) for _ in range(3)) / 20
    texts = {seed: (seed * length)[:length] for seed in SEEDS}
    return [
        seed
        for seed, text in texts.items()
        if all(seconds(partial(work, text)) > MOST_SPLITS * split for _ in range(3))
    ]


def test_a_message_of_any_kind_is_read_in_a_moment() -> None:
    """At the maximum length of a message: commands, labels, ids, unclosed markup."""
    assert [] == dear(MAX_READ, lambda text: query_in({"text": text}))


def test_a_pasted_text_of_any_kind_is_read_in_a_moment() -> None:
    """At the maximum length of the field."""

    def read(text: str) -> None:
        try:
            read_pasted(text, max_ids=10_000)
        except UnreadableListError:
            return

    assert [] == dear(MAX_PASTED, read)


@pytest.mark.parametrize("mark", ["<@U1|<@U2|> ", "<@U1> ", "<@U1|ana> "])
def test_an_id_behind_a_mention_is_found(mark: str) -> None:
    """With any unclosed markup before it."""
    assert query_in({"text": "SANDBOX-OK"}) == query_in({"text": f"{mark}SANDBOX-OK"})
