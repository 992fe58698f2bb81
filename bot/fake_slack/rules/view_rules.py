"""Rules for the views of modals and the Home tab (docs.slack.dev/reference/views)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.fake_slack.rules.block_rules import Surface, kinds_of, problems_of_blocks
from bot.fake_slack.rules.element_rules import identifier, plain_text
from bot.fake_slack.rules.json_rules import Rule, flag, problem, record, string


def _any_list(value: object, pointer: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield problem("must be an array", pointer)


title = plain_text(24)
SHARED: dict[str, Rule] = {
    "private_metadata": string(3_000, least=0),
    "callback_id": identifier,
    "external_id": identifier,
}
FIELDS_OF = {
    Surface.MODAL: record(
        {"title": title, "blocks": _any_list},
        {
            **SHARED,
            "submit": title,
            "close": title,
            "clear_on_close": flag,
            "notify_on_close": flag,
            "submit_disabled": flag,
        },
    ),
    Surface.HOME: record({"blocks": _any_list}, SHARED),
}


def problems_of_view(view: Mapping[str, Any], surface: Surface) -> list[str]:
    """What Slack would refuse in this view on this surface; empty if it is valid."""
    if view.get("type") != surface.value:
        return [problem(f"must be of type {surface.value}", "/view/type")]
    rest = {name: content for name, content in view.items() if name != "type"}
    found = [*FIELDS_OF[surface](rest, "/view")]
    blocks = view.get("blocks")
    if isinstance(blocks, list):
        found += problems_of_blocks(blocks, surface)
        # Without a submit button the values of inputs could not be sent.
        needs_submit = surface is Surface.MODAL and "input" in kinds_of(blocks)
        if needs_submit and "submit" not in view:
            found.append(problem("missing required field: submit", "/view"))
        if _focused(blocks) > 1:
            found.append(problem("only one element can have focus_on_load", "/view/blocks"))
    return found


def _focused(value: object) -> int:
    """The number of elements with `focus_on_load`."""
    if isinstance(value, list):
        return sum(map(_focused, value))
    if not isinstance(value, dict):
        return 0
    return (value.get("focus_on_load") is True) + sum(map(_focused, value.values()))
