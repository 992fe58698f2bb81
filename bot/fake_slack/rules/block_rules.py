"""Rules for Block Kit blocks and for the list of them in a message, a modal or the Home tab.

Stricter than Slack in one way: block types that this product does not use are refused. Limits are
from docs.slack.dev/reference/block-kit/blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any

from bot.fake_slack.rules.element_rules import (
    accessory,
    action_element,
    any_text,
    context_element,
    identifier,
    input_element,
    plain_text,
    slack_file,
    url,
)
from bot.fake_slack.rules.json_rules import (
    NO_FIELDS,
    Fields,
    Rule,
    at_least_one_of,
    by_type,
    every,
    exactly_one_of,
    flag,
    items,
    problem,
    record,
    string,
    whole,
)
from bot.fake_slack.rules.rich_text_rules import (
    column_settings,
    data_table_rows,
    rich_text_elements,
    table_rows,
)

MOST_CHARACTERS_OF_MARKDOWN = 12_000
TABLES = frozenset({"table", "data_table"})


class Surface(StrEnum):
    """Where blocks are shown."""

    MESSAGE = "message"
    MODAL = "modal"
    HOME = "home"


MOST_BLOCKS = {Surface.MESSAGE: 50, Surface.MODAL: 100, Surface.HOME: 100}


def block(required: Fields = NO_FIELDS, optional: Fields = NO_FIELDS) -> Rule:
    """A block with these fields; any block may have a block_id."""
    return record(required, {**optional, "block_id": identifier})


def distinct_action_ids(value: object, pointer: str) -> Iterator[str]:
    """No two elements of one block have the same action_id."""
    elements = value.get("elements") if isinstance(value, dict) else None
    seen: set[str] = set()
    for number, element in enumerate(elements if isinstance(elements, list) else ()):
        action_id = element.get("action_id") if isinstance(element, dict) else None
        if not isinstance(action_id, str):
            continue
        if action_id in seen:
            where = f"{pointer}/elements/{number}/action_id"
            yield problem(f"`action_id` {action_id} already exists for another component", where)
        seen.add(action_id)


EVERYWHERE: Fields = {
    "header": block({"text": plain_text(150)}),
    "section": every(
        block(
            {},
            {
                "text": any_text(3_000),
                "fields": items(any_text(2_000), 10),
                "accessory": accessory,
                "expand": flag,
            },
        ),
        at_least_one_of("text", "fields"),
    ),
    "context": block({"elements": items(context_element, 10)}),
    "actions": every(block({"elements": items(action_element, 25)}), distinct_action_ids),
    "divider": block(),
    "image": every(
        block(
            {"alt_text": string(2_000)},
            {"image_url": url, "slack_file": slack_file, "title": plain_text(2_000)},
        ),
        exactly_one_of("image_url", "slack_file"),
    ),
    "rich_text": block({"elements": rich_text_elements}),
}
MESSAGES_ONLY: Fields = {
    "markdown": block({"text": string(MOST_CHARACTERS_OF_MARKDOWN, blank=False)}),
    "table": block({"rows": table_rows}, {"column_settings": column_settings}),
    "data_table": block(
        {"caption": string(2_000, blank=False), "rows": data_table_rows},
        {"page_size": whole(1, 100), "row_header_column_index": whole(0, 19)},
    ),
}
VIEWS_ONLY: Fields = {
    "input": block(
        {"label": plain_text(2_000), "element": input_element},
        {"hint": plain_text(2_000), "optional": flag, "dispatch_action": flag},
    ),
}
BLOCK_OF = {
    Surface.MESSAGE: by_type({**EVERYWHERE, **MESSAGES_ONLY}),
    Surface.MODAL: by_type({**EVERYWHERE, **VIEWS_ONLY}),
    Surface.HOME: by_type({**EVERYWHERE, **VIEWS_ONLY}),
}


def problems_of_blocks(blocks: Sequence[Any], surface: Surface) -> list[str]:
    """What Slack would refuse in these blocks; empty if they are valid."""
    whole_list = items(BLOCK_OF[surface], MOST_BLOCKS[surface], least=0)
    found = [*whole_list(list(blocks), "/blocks")]
    found += _repeated_block_ids(blocks)
    # Table and data table count together.
    if sum(kind in TABLES for kind in kinds_of(blocks)) > 1:
        found.append(problem("only_one_table_allowed", "/blocks"))
    markdown = [entry["text"] for entry in blocks if _is_markdown(entry)]
    if sum(map(len, markdown)) > MOST_CHARACTERS_OF_MARKDOWN and len(markdown) > 1:
        limit = MOST_CHARACTERS_OF_MARKDOWN
        found.append(problem(f"markdown must be less than {limit + 1} characters", "/blocks"))
    return found


def kinds_of(blocks: Sequence[Any]) -> list[str]:
    """The types of these blocks, in order; entries without a type are skipped."""
    kinds = (entry.get("type") for entry in blocks if isinstance(entry, dict))
    return [kind for kind in kinds if isinstance(kind, str)]


def _repeated_block_ids(blocks: Sequence[Any]) -> Iterator[str]:
    seen: set[str] = set()
    for number, entry in enumerate(blocks):
        block_id = entry.get("block_id") if isinstance(entry, dict) else None
        if not isinstance(block_id, str):
            continue
        if block_id in seen:
            where = f"/blocks/{number}/block_id"
            yield problem(f"`block_id` {block_id} already exists for another block", where)
        seen.add(block_id)


def _is_markdown(entry: object) -> bool:
    if not isinstance(entry, dict) or entry.get("type") != "markdown":
        return False
    return isinstance(entry.get("text"), str)
