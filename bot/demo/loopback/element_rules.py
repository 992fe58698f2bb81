"""Rules for what stands inside blocks: text objects, buttons, menus, inputs and small images.

Limits as docs.slack.dev/reference/block-kit/block-elements and composition-objects give them. Date
pickers, video, files and the elements of agents are not played: they are refused as unsupported.
"""

from __future__ import annotations

from bot.demo.loopback.json_rules import (
    Rule,
    at_least_one_of,
    by_type,
    choice,
    every,
    exactly_one_of,
    flag,
    items,
    record,
    string,
    whole,
)

MOST_CHARACTERS_OF_AN_ID = 255
MOST_CHARACTERS_OF_A_URL = 3_000


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
option = record(
    {"text": any_text(75), "value": string(150)}, {"description": any_text(75), "url": url}
)
option_group = record({"label": plain_text(75), "options": items(option, 100)})
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
overflow = record({"options": items(option, 5)}, ACTION)
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
choices = {"options": items(option, 10)}
radio_buttons = record(choices, {**ACTION, **FOCUS, "initial_option": option})
checkboxes = record(choices, {**ACTION, **FOCUS, "initial_options": items(option, 10)})
plain_text_input = record(
    {},
    {
        **FOCUS,
        **PLACEHOLDER,
        "initial_value": string(3_000, least=0),
        "multiline": flag,
        "min_length": whole(0, 3_000),
        "max_length": whole(1, 3_000),
        "dispatch_action_config": record(
            {"trigger_actions_on": items(choice("on_enter_pressed", "on_character_entered"), 2)}
        ),
    },
)
file_input = record(
    {}, {"action_id": identifier, "filetypes": items(string(20), 100), "max_files": whole(1, 10)}
)

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
        "plain_text_input": plain_text_input,
        "file_input": file_input,
        **{kind: rule for kind, rule in MENUS.items() if kind != "overflow"},
    }
)
