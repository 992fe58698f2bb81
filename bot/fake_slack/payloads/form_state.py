"""Values of inputs, menus and checkboxes: `state.values` and the entries of `actions`.

Slack's client validates before it sends; what it would not let a user do raises here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.fake_slack.rules.shown_blocks import Element
from bot.fake_slack.state.ledger import State
from bot.fake_slack.state.refusals import NotPossibleError

# By type: the name of the value in `state.values`, and the field with an element's initial value.
NAME_OF_VALUE = {
    "plain_text_input": ("value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "checkboxes": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "file_input": ("files", "initial_files"),
}
MOST_CHARACTERS = 3_000
LISTS = frozenset({"checkboxes", "file_input"})


def begun(element: Element) -> dict[str, Any]:
    """The initial state of an element."""
    name, initial = NAME_OF_VALUE[element.kind]
    nothing: list[Any] | None = [] if element.kind in LISTS else None
    return {"type": element.kind, name: element.content.get(initial, nothing)}


def state_of(elements: Iterable[Element], put: State) -> dict[str, dict[str, Any]]:
    """The `state.values` of these elements after the user entered `put`."""
    values: dict[str, dict[str, Any]] = {}
    for element in elements:
        if element.kind in NAME_OF_VALUE:
            known = put.get(element.block_id, {}).get(element.action_id)
            fits = known is not None and known["type"] == element.kind
            value = known if fits else begun(element)
            values.setdefault(element.block_id, {})[element.action_id] = value
    return values


def put_into(element: Element, value: Any) -> dict[str, Any]:
    """The entry of `state.values` after a user typed or chose `value`; None clears it.

    Options are named by their `value`. Buttons and overflow menus have no state.

    Raises:
        NotPossibleError: there is no such option, or the text is too short or too long.
    """
    name = NAME_OF_VALUE[element.kind][0]
    if element.kind == "plain_text_input":
        held: Any = _typed(element, value)
    elif element.kind in ("static_select", "radio_buttons"):
        held = None if value is None else option_of(element, value)
    elif element.kind == "checkboxes":
        held = [option_of(element, one) for one in value or ()]
    else:
        held = value
    return {"type": element.kind, name: held}


def with_value(put: State, element: Element, value: Any) -> State:
    """The state after a user used an element; buttons and overflow menus have no state.

    Raises:
        NotPossibleError: as `put_into`.
    """
    if element.kind not in NAME_OF_VALUE:
        return put
    entry = put_into(element, value)
    return {**put, element.block_id: {**put.get(element.block_id, {}), element.action_id: entry}}


def option_of(element: Element, value: Any) -> Mapping[str, Any]:
    """The option with this value.

    Raises:
        NotPossibleError: no option has it.
    """
    found = [option for option in _options(element) if option["value"] == value]
    if not found:
        offered = [option["value"] for option in _options(element)]
        raise NotPossibleError(f"{element.action_id} offers {offered}, not {value!r}")
    return found[0]


def is_empty(entry: Mapping[str, Any]) -> bool:
    """Whether the entry has no value."""
    held = entry[NAME_OF_VALUE[entry["type"]][0]]
    return not (held.strip() if isinstance(held, str) else held)


def action_of(element: Element, value: Any, action_ts: str) -> dict[str, Any]:
    """The entry of `actions` when a user uses an element.

    Raises:
        NotPossibleError: the element does not offer this value.
    """
    shown = {"action_id": element.action_id, "block_id": element.block_id, "type": element.kind}
    copied = ("text", "value", "style", "url", "placeholder", "initial_option", "confirm")
    fields = {name: element.content[name] for name in copied if name in element.content}
    if element.kind == "overflow":
        fields["selected_option"] = option_of(element, value)
    elif element.kind != "button":
        fields |= put_into(element, value)
    return {**fields, **shown, "action_ts": action_ts}


def _options(element: Element) -> Iterator[Mapping[str, Any]]:
    yield from element.content.get("options", ())
    for group in element.content.get("option_groups", ()):
        yield from group["options"]


def _typed(element: Element, value: Any) -> str | None:
    if value is None:
        return None
    text = str(value)
    # A single-line input drops line breaks when text is pasted.
    if not element.content.get("multiline"):
        text = " ".join(text.splitlines())
    least = element.content.get("min_length", 0)
    most = element.content.get("max_length", MOST_CHARACTERS)
    if text and not least <= len(text) <= most:
        raise NotPossibleError(f"{element.action_id} takes {least} to {most} characters")
    return text or None
