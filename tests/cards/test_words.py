"""How much there is to read: the words that a reader sees on the cards of most use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from bot.demo.gallery import exhibits
from bot.domain.texts.catalog import Language
from tests.support.reading import texts

# By the exhibit, the most words, buttons and the choices of menus included.
MOST: Final = {
    "failed-busy": 45,
    "answered": 45,
    "pending": 45,
    "gateway-023": 70,
    "gateway-850": 70,
    "gateway-950": 70,
    "gateway-777": 70,
    "error-timeout": 70,
    "error-gateway_down": 70,
    "list-of-ten": 200,
    "list-of-ten-all-different": 200,
    "bulk-report": 250,
    "bulk-report-directly": 250,
    "bulk-report-stopped": 250,
    "bulk-report-refused": 250,
    "bulk-report-one-of-each": 250,
    "bulk-report-alike-for-all": 250,
}
# What is copied or looked up in, rather than read.
NOT_READ: Final = frozenset({"rich_text_preformatted", "table", "data_table"})
# As Slack shows it: "Mar 2 at 2:04 PM".
DATE: Final = re.compile(r"<!date[^>]*>")


def read(part: Any) -> Iterator[str]:
    """The texts in blocks that are there to be read."""
    if isinstance(part, list | tuple):
        for one in part:
            yield from read(one)
    elif part.get("type") not in NOT_READ:
        inner = part.get("elements")
        yield from texts(part) if inner is None else read(inner)


def words(blocks: Any) -> int:
    """How many words a reader sees in these blocks."""
    shown = DATE.sub("Mar 2 at 2:04 PM", " ".join(read(blocks)))
    return sum(bool(re.search(r"\w", word)) for word in shown.split())


def test_cards_are_short() -> None:
    """In both languages."""
    shown = {(one.id, one.language): one.shown.content["blocks"] for one in exhibits()}
    counts = {(name, one): words(shown[name, one]) for name in MOST for one in Language}

    assert {} == {key: count for key, count in counts.items() if count > MOST[key[0]]}
