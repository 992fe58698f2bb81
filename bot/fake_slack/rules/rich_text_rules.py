"""Rules for rich_text, table and data_table blocks.

Names and fields are from docs.slack.dev/reference/block-kit/blocks: rich-text-block, table-block
and data-table-block. The limit of 10,000 characters applies to all cells of a table together;
Slack documents none for a data table, so the limit of the older block is used.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.fake_slack.rules.element_rules import identifier, url
from bot.fake_slack.rules.json_rules import (
    any_number,
    by_type,
    choice,
    every,
    flag,
    items,
    problem,
    record,
    string,
    whole,
)

MOST_ROWS = 100
MOST_COLUMNS = 20
MOST_CHARACTERS_OF_A_TABLE = 10_000
MOST_PARTS = 1_000
MOST_CHARACTERS_OF_A_PART = 40_000

part_text = string(MOST_CHARACTERS_OF_A_PART)
text_style = record(
    {},
    dict.fromkeys(("bold", "italic", "strike", "code", "underline"), flag),
)
mention_style = record(
    {},
    dict.fromkeys(("bold", "italic", "strike", "highlight", "client_highlight", "unlink"), flag),
)
styled = {"style": text_style}
mention = {"style": mention_style}
text_part = record({"text": part_text}, styled)
link_part = record({"url": url}, {**styled, "text": part_text, "unsafe": flag})
part = by_type(
    {
        "text": text_part,
        "link": link_part,
        "emoji": record(
            {"name": string(100)}, {**styled, "unicode": string(100), "skin_tone": whole(1, 6)}
        ),
        "date": record(
            {"timestamp": whole(0, 2**53), "format": string(200)},
            {**styled, "url": url, "fallback": part_text},
        ),
        "user": record({"user_id": string(20)}, mention),
        "channel": record({"channel_id": string(20)}, mention),
        "usergroup": record({"usergroup_id": string(20)}, mention),
        "team": record({"team_id": string(20)}, mention),
        "broadcast": record({"range": choice("here", "channel", "everyone")}, styled),
        "color": record({"value": string(20)}, styled),
    }
)
parts = items(part, MOST_PARTS)
raw_parts = items(by_type({"text": text_part, "link": link_part}), MOST_PARTS)
section = record({"elements": parts})
border = {"border": whole(0, 1)}
rich_text_element = by_type(
    {
        "rich_text_section": section,
        "rich_text_quote": record({"elements": parts}, border),
        "rich_text_preformatted": record({"elements": raw_parts}, border),
        "rich_text_list": record(
            {
                "elements": items(by_type({"rich_text_section": section}), MOST_PARTS),
                "style": choice("bullet", "ordered"),
            },
            {**border, "indent": whole(0, 8), "offset": whole(0, 10_000)},
        ),
    }
)
rich_text_elements = items(rich_text_element, MOST_PARTS)

cell = by_type(
    {
        "raw_text": record({"text": part_text}),
        "raw_number": record({"value": any_number}, {"text": part_text}),
        "rich_text": record({"elements": rich_text_elements}, {"block_id": identifier}),
    }
)
rows = items(items(cell, MOST_COLUMNS), MOST_ROWS)
column_settings = items(
    record({}, {"align": choice("left", "center", "right"), "is_wrapped": flag}), MOST_COLUMNS
)


def characters(value: object) -> int:
    """The number of text characters in a value, at any depth."""
    if isinstance(value, list):
        return sum(characters(item) for item in value)
    if not isinstance(value, dict):
        return 0
    own = value.get("text")
    here = len(own) if isinstance(own, str) else 0
    return here + sum(characters(item) for item in value.values())


def few_characters(value: object, pointer: str) -> Iterator[str]:
    """At most 10,000 characters of text in all cells together."""
    if characters(value) > MOST_CHARACTERS_OF_A_TABLE:
        limit = MOST_CHARACTERS_OF_A_TABLE
        yield problem(f"cells must have less than {limit + 1} characters in all", pointer)


# 100 by 20, no empty cell.
table_rows = every(rows, few_characters)


# One more than MOST_ROWS, because the header row does not count.
wide_rows = items(items(cell, MOST_COLUMNS), MOST_ROWS + 1, least=2)
head_row = items(by_type({"raw_text": record({"text": part_text})}), MOST_COLUMNS)


def data_table_rows(value: object, pointer: str) -> Iterator[str]:
    """The rows of a data table: a plain text header, then 1 to 100 rows, all of equal length."""
    yield from wide_rows(value, pointer)
    yield from few_characters(value, pointer)
    if isinstance(value, list) and value:
        yield from head_row(value[0], f"{pointer}/0")
        if len({len(row) for row in value if isinstance(row, list)}) > 1:
            yield problem("rows must have the same number of cells", pointer)
