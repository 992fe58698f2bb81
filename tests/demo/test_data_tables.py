"""The loopback Slack's rules for sortable tables."""

from __future__ import annotations

from typing import Any

import pytest

from bot.demo.loopback.block_rules import Surface, problems_of_blocks


def text(words: str) -> dict[str, Any]:
    """A cell of text."""
    return {"type": "raw_text", "text": words}


def table(**changes: Any) -> dict[str, Any]:
    """A good table; changed as a test needs it."""
    rows = [
        [text("A"), text("B")],
        [text("a"), {"type": "raw_number", "value": 1.5, "text": "1,5"}],
    ]
    return {"type": "data_table", "caption": "Calls", "rows": rows} | changes


def test_a_good_table_is_taken() -> None:
    """In a message; modals have none."""
    assert [] == problems_of_blocks([table(page_size=10)], Surface.MESSAGE)
    assert problems_of_blocks([table()], Surface.MODAL)


@pytest.mark.parametrize(
    "changes",
    [
        {"caption": " "},
        {"rows": [[text("A")]]},
        {"rows": [[text("A")], *([[text("a")]] * 101)]},
        {"rows": [[text("A")], [text("a"), text("b")]]},
        {"rows": [[{"type": "raw_number", "value": 1}], [text("a")]]},
        {"rows": [[text("A")], [text("")]]},
        {"rows": [[text("A")], [{"type": "raw_number", "value": float("nan")}]]},
        {"rows": [[text("A")], [{"type": "raw_number", "value": True}]]},
        {"rows": [[text("A")], [text("a" * 10_001)]]},
        {"rows": [[text("A")] * 21, [text("a")] * 21]},
        {"rows": "rows"},
        {"rows": [1, 2]},
        {"page_size": 0},
        {"page_size": 101},
        {"row_header_column_index": -1},
        {"column_settings": []},
    ],
)
def test_what_slack_would_refuse_is_refused(changes: dict[str, Any]) -> None:
    """Each rule of its page."""
    assert problems_of_blocks([table(**changes)], Surface.MESSAGE)


def test_a_message_has_one_table_of_either_kind() -> None:
    """The two kinds count together."""
    plain = {"type": "table", "rows": [[text("A")]]}

    assert problems_of_blocks([table(), plain], Surface.MESSAGE)
