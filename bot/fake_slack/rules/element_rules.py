"""Rules for the contents of blocks: text objects, buttons, menus, inputs and small images.

Limits are from docs.slack.dev/reference/block-kit/block-elements and composition-objects. Date
pickers, video, files and agent elements are not implemented and refused as unsupported.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.fake_slack.rules.json_rules import (
    Rule,
    at_least_one_of,
    by_type,
    choice,
    every,
    exactly_one_of,
    flag,
    items,
    problem,
    record,
    string,
    whole,
)

MOST_CHARACTERS_OF_AN_ID = 255
MOST_CHARACTERS_OF_A_URL = 3_000
MOST_CHARACTERS_OF_AN_INPUT = 3_000


def plain_text(most: int) -> Rule:
    """A plain_text object of at most `most` characters."""
    fields = record({"text": string(most, blank=False)}, {"emoji": flag})
    return by_type({"plain_text": fields})


def any_text(most: int) -> Rule:
    """A plain_text or mrkdwn object of at most `most` characters."""
    text = {"text": string(most, blank=False)}
    return by_type(
        {
            "plain_text": record(text, {"emoji": flag}),
            "mrkdwn": record(text, {"verbatim": flag}),
        }
    )


identifier = string(MOST_CHARACTERS_OF_AN_ID)
url = string(MOST_CHARACTERS_OF_A_URL)
slack_file = every(record({}, {"id": string(100), "url": url}), exactly_one_of("id", "url"))
confirm = record(
    {
        "title": plain_text(100),
        "text": any_text(300),
        "confirm": plain_text(30),
        "deny": plain_text(30),
    },
    {"style": choice("primary", "danger")},
)
# Menus show plain text only; checkboxes may have markup; only overflow menus may have links.
option = record({"text": plain_text(75), "value": string(150)}, {"description": plain_text(75)})
option_of_boxes = record(
    {"text": any_text(75), "value": string(150)}, {"description": any_text(75)}
)
option_of_overflow = record(
    {"text": plain_text(75), "value": string(150)}, {"description": plain_text(75), "url": url}
)
option_group = record({"label": plain_text(75), "options": items(option, 100)})


def begins_with_an_option(value: object, pointer: str) -> Iterator[str]:
    """The initial option equals one of the options."""
    if not isinstance(value, dict):
        return
    offered = list(_listed(value.get("options")))
    for group in _listed(value.get("option_groups")):
        offered += _listed(group.get("options")) if isinstance(group, dict) else ()
    initial = value.get("initial_option")
    wrong = initial is not None and initial not in offered
    if wrong or any(one not in offered for one in _listed(value.get("initial_options"))):
        yield problem("initial option must be one of the options", pointer)


def lengths_agree(value: object, pointer: str) -> Iterator[str]:
    """min_length is at most max_length, and the initial value is not too long."""
    if not isinstance(value, dict):
        return
    least, most = value.get("min_length", 0), value.get("max_length", MOST_CHARACTERS_OF_AN_INPUT)
    if not isinstance(least, int) or not isinstance(most, int):
        return
    if least > most:
        yield problem("min_length must not be more than max_length", pointer)
    initial = value.get("initial_value")
    if isinstance(initial, str) and len(initial) > most:
        yield problem("initial_value must not be longer than max_length", pointer)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


ACTION = {"action_id": identifier, "confirm": confirm}
FOCUS = {"action_id": identifier, "focus_on_load": flag}
PLACEHOLDER = {"placeholder": plain_text(150)}

button = record(
    {"text": plain_text(75)},
    {
        **ACTION,
        "url": url,
        "value": string(2_000),
        "style": choice("primary", "danger"),
        "accessibility_label": string(75),
        "visible_to_user_ids": items(string(20), 1_000),
    },
)
image_fields = every(
    record({"alt_text": string(2_000)}, {"image_url": url, "slack_file": slack_file}),
    exactly_one_of("image_url", "slack_file"),
)
overflow = record({"options": items(option_of_overflow, 5)}, ACTION)
static_select = every(
    record(
        {},
        {
            **ACTION,
            **FOCUS,
            **PLACEHOLDER,
            "options": items(option, 100),
            "option_groups": items(option_group, 100),
            "initial_option": option,
        },
    ),
    exactly_one_of("options", "option_groups"),
    begins_with_an_option,
)
users_select = record({}, {**ACTION, **FOCUS, **PLACEHOLDER, "initial_user": string(20)})
conversations_select = record(
    {},
    {
        **ACTION,
        **FOCUS,
        **PLACEHOLDER,
        "initial_conversation": string(20),
        "default_to_current_conversation": flag,
        "response_url_enabled": flag,
        "filter": every(
            record(
                {},
                {
                    "include": items(choice("im", "mpim", "private", "public"), 4),
                    "exclude_external_shared_channels": flag,
                    "exclude_bot_users": flag,
                },
            ),
            at_least_one_of("include", "exclude_external_shared_channels", "exclude_bot_users"),
        ),
    },
)
boxes = {"options": items(option_of_boxes, 10)}
radio_buttons = every(
    record(boxes, {**ACTION, **FOCUS, "initial_option": option_of_boxes}), begins_with_an_option
)
checkboxes = every(
    record(boxes, {**ACTION, **FOCUS, "initial_options": items(option_of_boxes, 10)}),
    begins_with_an_option,
)
plain_text_input = every(
    record(
        {},
        {
            **FOCUS,
            **PLACEHOLDER,
            "initial_value": string(MOST_CHARACTERS_OF_AN_INPUT, least=0),
            "multiline": flag,
            "min_length": whole(0, MOST_CHARACTERS_OF_AN_INPUT),
            "max_length": whole(1, MOST_CHARACTERS_OF_AN_INPUT),
            "dispatch_action_config": record(
                {"trigger_actions_on": items(choice("on_enter_pressed", "on_character_entered"), 2)}
            ),
        },
    ),
    lengths_agree,
)
file_input = record(
    {}, {"action_id": identifier, "filetypes": items(string(20), 100), "max_files": whole(1, 10)}
)

INPUTS = {"plain_text_input": plain_text_input, "file_input": file_input}
MENUS = {
    "overflow": overflow,
    "static_select": static_select,
    "users_select": users_select,
    "conversations_select": conversations_select,
    "radio_buttons": radio_buttons,
    "checkboxes": checkboxes,
}
action_element = by_type({"button": button, **MENUS})
accessory = by_type({"button": button, "image": image_fields, **MENUS})
context_element = by_type(
    {
        "image": image_fields,
        "plain_text": record({"text": string(3_000, blank=False)}, {"emoji": flag}),
        "mrkdwn": record({"text": string(3_000, blank=False)}, {"verbatim": flag}),
    }
)
input_element = by_type(
    {
        **INPUTS,
        **{kind: rule for kind, rule in MENUS.items() if kind != "overflow"},
    }
)
