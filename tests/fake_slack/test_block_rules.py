"""Which blocks, elements and views the loopback Slack accepts and refuses, without a server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bot.fake_slack.rules.block_rules import Surface, problems_of_blocks
from bot.fake_slack.rules.view_rules import problems_of_view
from tests.fake_slack.blocks import (
    Block,
    actions,
    asks,
    button,
    modal,
    mrkdwn,
    options,
    plain,
    rich,
    section,
)

TEXT = {"type": "text", "text": "ok"}
CONFIRM = {"title": plain("x"), "text": plain("x"), "confirm": plain("x"), "deny": plain("x")}
HOME = {"type": "home", "blocks": [{"type": "divider"}]}


def element(kind: str, **fields: Any) -> Block:
    """An element where most kinds are allowed."""
    return asks("b", {"type": kind, **fields})


def picture(**fields: Any) -> Block:
    """An image."""
    return {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "x", **fields}


def confirming(**fields: Any) -> Block:
    """A button with a confirm dialog."""
    return actions(button(confirm=CONFIRM | fields))


def option(**fields: Any) -> Block:
    """A menu with one option."""
    return element("static_select", options=[options("x")[0] | fields])


def overflow(count: int = 1, **fields: Any) -> Block:
    """An overflow menu, whose options may be links."""
    one = options("x")[0] | fields
    return actions({"type": "overflow", "options": [one] * count})


def part(kind: str, **fields: Any) -> Block:
    """Rich text of one part."""
    return rich({"type": kind, **fields})


def listed(**fields: Any) -> Block:
    """A list in rich text."""
    item = {"type": "rich_text_section", "elements": [TEXT]}
    return rich(item, kind="list", style="bullet", **fields)


def cell(text: str = "x") -> Block:
    """A cell of a table."""
    return {"type": "raw_text", "text": text}


def table(rows: int = 1, columns: int = 1, text: str = "x", **fields: Any) -> Block:
    """A table whose cells all hold the same text."""
    return {"type": "table", "rows": [[cell(text)] * columns] * rows, **fields}


def data_table(*rows: Any, **fields: Any) -> Block:
    """A sortable table."""
    return {"type": "data_table", "caption": "Calls", "rows": list(rows) or GOOD_ROWS, **fields}


def number(value: Any) -> Block:
    """A cell with a number."""
    return {"type": "raw_number", "value": value}


GOOD_ROWS = [[cell(), cell()], [cell(), number(1.5) | {"text": "1,5"}]]


def words(given: Any) -> list[str]:
    """The problems of a view, a block or some blocks, without their pointers."""
    if isinstance(given, dict) and "blocks" in given:
        found = problems_of_view(given, Surface(given["type"]))
    else:
        blocks = given if isinstance(given, list) else [given]
        inputs = any(isinstance(one, dict) and one.get("type") == "input" for one in blocks)
        found = problems_of_blocks(blocks, Surface.MODAL if inputs else Surface.MESSAGE)
    return [line.partition(" [json-pointer:/")[0] for line in found]


# The maximum length of a text, and a view or block that contains it.
LENGTHS: Sequence[tuple[int, Callable[[str], Block]]] = [
    (150, lambda x: {"type": "header", "text": plain(x)}),
    (3_000, section),
    (2_000, lambda x: section(fields=[plain(x)])),
    (75, lambda x: actions(button(text=plain(x)))),
    (2_000, lambda x: actions(button(value=x))),
    (75, lambda x: actions(button(accessibility_label=x))),
    (20, lambda x: actions(button(visible_to_user_ids=[x]))),
    (3_000, lambda x: actions(button(url=x))),
    (255, lambda x: actions(button(x))),
    (100, lambda x: confirming(title=plain(x))),
    (300, lambda x: confirming(text=mrkdwn(x))),
    (30, lambda x: confirming(confirm=plain(x))),
    (30, lambda x: confirming(deny=plain(x))),
    (75, lambda x: option(text=plain(x))),
    (150, lambda x: option(value=x)),
    (75, lambda x: option(description=plain(x))),
    (75, lambda x: overflow(text=plain(x))),
    (150, lambda x: overflow(value=x)),
    (75, lambda x: overflow(description=plain(x))),
    (3_000, lambda x: overflow(url=x)),
    (75, lambda x: element("checkboxes", options=[{"text": mrkdwn(x), "value": "x"}])),
    (150, lambda x: element("radio_buttons", options=[{"text": plain("x"), "value": x}])),
    (
        75,
        lambda x: element(
            "static_select", option_groups=[{"label": plain(x), "options": options("x")}]
        ),
    ),
    (20, lambda x: element("users_select", initial_user=x)),
    (20, lambda x: element("conversations_select", initial_conversation=x)),
    (20, lambda x: element("file_input", filetypes=[x])),
    (150, lambda x: element("static_select", options=options("x"), placeholder=plain(x))),
    (2_000, lambda x: asks("b", {"type": "plain_text_input"}, label=plain(x))),
    (2_000, lambda x: asks("b", {"type": "plain_text_input"}, hint=plain(x))),
    (2_000, lambda x: picture(alt_text=x)),
    (3_000, lambda x: picture(image_url=x)),
    (2_000, lambda x: picture(title=plain(x))),
    (100, lambda x: {"type": "image", "slack_file": {"id": x}, "alt_text": "x"}),
    (2_000, lambda x: section(accessory=picture(alt_text=x))),
    (3_000, lambda x: {"type": "context", "elements": [mrkdwn(x)]}),
    (3_000, lambda x: {"type": "context", "elements": [plain(x)]}),
    (12_000, lambda x: {"type": "markdown", "text": x}),
    (255, lambda x: {"type": "divider", "block_id": x}),
    (40_000, lambda x: part("text", text=x)),
    (100, lambda x: part("emoji", name=x)),
    (100, lambda x: part("emoji", name="x", unicode=x)),
    (200, lambda x: part("date", timestamp=1, format=x)),
    (20, lambda x: part("user", user_id=x)),
    (20, lambda x: part("channel", channel_id=x)),
    (20, lambda x: part("usergroup", usergroup_id=x)),
    (20, lambda x: part("team", team_id=x)),
    (20, lambda x: part("color", value=x)),
    (2_000, lambda x: data_table(caption=x)),
    (24, lambda x: modal(title=plain(x))),
    (24, lambda x: modal(submit=plain(x))),
    (24, lambda x: modal(close=plain(x))),
    (255, lambda x: modal(callback_id=x)),
    (255, lambda x: modal(external_id=x)),
    (3_000, lambda x: modal(private_metadata=x)),
    (3_000, lambda x: HOME | {"private_metadata": x}),
]


def test_a_text_is_as_long_as_slack_allows() -> None:
    """One character more is refused, with no other problem."""
    judged = [
        (make("x"), words(make("x" * most)), words(make("x" * (most + 1))))
        for most, make in LENGTHS
    ]
    refusals = [[f"must be less than {most + 1} characters"] for most, _ in LENGTHS]

    pairs = zip(judged, refusals, strict=True)
    assert [] == [one for one, refusal in pairs if one[1:] != ([], refusal)]


# The maximum number of items, and a view or block with that many.
NUMBERS_OF_THINGS: Sequence[tuple[int, Callable[[int], Any]]] = [
    (50, lambda n: [{"type": "divider"}] * n),
    (100, lambda n: modal(*[{"type": "divider"}] * n)),
    (100, lambda n: HOME | {"blocks": [{"type": "divider"}] * n}),
    (10, lambda n: section(fields=[plain("x")] * n)),
    (10, lambda n: {"type": "context", "elements": [picture()] * n}),
    (25, lambda n: actions(*(button(f"a{number}") for number in range(n)))),
    (1_000, lambda n: actions(button(visible_to_user_ids=["U1"] * n))),
    (5, overflow),
    (100, lambda n: element("static_select", options=options("x") * n)),
    (
        100,
        lambda n: element(
            "static_select", option_groups=[{"label": plain("x"), "options": options("x")}] * n
        ),
    ),
    (
        100,
        lambda n: element(
            "static_select", option_groups=[{"label": plain("x"), "options": options("x") * n}]
        ),
    ),
    (10, lambda n: element("radio_buttons", options=options("x") * n)),
    (10, lambda n: element("checkboxes", options=options("x") * n)),
    (
        10,
        lambda n: element("checkboxes", options=options("x"), initial_options=options("x") * n),
    ),
    (4, lambda n: element("conversations_select", filter={"include": ["im"] * n})),
    (100, lambda n: element("file_input", filetypes=["csv"] * n)),
    (1_000, lambda n: rich(*[TEXT] * n)),
    (100, table),
    (20, lambda n: table(1, n)),
    (20, lambda n: table(column_settings=[{"align": "right", "is_wrapped": True}] * n)),
    (101, lambda n: data_table(*[[cell()]] * n)),
]


def test_there_is_as_much_as_slack_allows() -> None:
    """One more is refused, with no other problem."""
    judged = [
        (make(1), words(make(most)), words(make(most + 1))) for most, make in NUMBERS_OF_THINGS
    ]
    refusals = [[f"no more than {most} items allowed"] for most, _ in NUMBERS_OF_THINGS]

    pairs = zip(judged, refusals, strict=True)
    assert [] == [one for one, refusal in pairs if one[1:] != ([], refusal)]


# The minimum and maximum of a number.
BOUNDS: Sequence[tuple[int, int, Callable[[int], Block]]] = [
    (0, 1, lambda n: rich(TEXT, kind="quote", border=n)),
    (0, 1, lambda n: rich(TEXT, kind="preformatted", border=n)),
    (0, 8, lambda n: listed(indent=n)),
    (0, 10_000, lambda n: listed(offset=n)),
    (1, 6, lambda n: part("emoji", name="x", skin_tone=n)),
    (0, 2**53, lambda n: part("date", timestamp=n, format="x")),
    (0, 3_000, lambda n: element("plain_text_input", min_length=n)),
    (1, 3_000, lambda n: element("plain_text_input", max_length=n)),
    (1, 10, lambda n: element("file_input", max_files=n)),
    (1, 100, lambda n: data_table(page_size=n)),
    (0, 19, lambda n: data_table(row_header_column_index=n)),
]


def test_a_number_lies_within_its_bounds() -> None:
    """Both bounds are allowed."""
    wrong = []
    for least, most, make in BOUNDS:
        refusal = f"must be between {least} and {most}"
        judged = [words(make(n)) for n in (least, most, least - 1, most + 1)]
        if judged[:2] != [[], []] or not all(refusal in found for found in judged[2:]):
            wrong.append((make(least), judged))
    assert [] == wrong


MANY_KINDS = [
    section(fields=[plain("x")], accessory=button(), expand=True),
    {"type": "section", "text": mrkdwn("x") | {"verbatim": True}},
    {"type": "context", "elements": [plain("x") | {"emoji": True}, mrkdwn("x"), picture()]},
    actions(
        button("a", style="danger"),
        confirming(style="primary")["elements"][0],
        {"type": "users_select", "action_id": "c"},
    ),
    picture(),
    rich(
        TEXT | {"style": {"code": True, "bold": False, "italic": True, "strike": True}},
        {"type": "link", "url": "https://example.com", "text": "x", "unsafe": True},
        {"type": "user", "user_id": "U1", "style": {"highlight": True}},
        {"type": "broadcast", "range": "here"},
        {"type": "date", "timestamp": 1, "format": "x", "url": "https://a", "fallback": "x"},
    ),
    rich(TEXT, {"type": "link", "url": "https://example.com"}, kind="preformatted"),
    listed(border=1),
]
INPUTS = [
    asks("a", {"type": "plain_text_input", "min_length": 2, "max_length": 2, "multiline": True}),
    asks("b", {"type": "plain_text_input", "max_length": 2, "initial_value": "xx"}),
    asks(
        "c",
        {
            "type": "static_select",
            "option_groups": [{"label": plain("x"), "options": options("a", "b")}],
            "initial_option": options("b")[0],
            "focus_on_load": True,
        },
        optional=True,
    ),
    asks(
        "d",
        {
            "type": "checkboxes",
            "options": [{"text": mrkdwn("*x*"), "value": "x", "description": mrkdwn("_y_")}],
        },
        dispatch_action=True,
    ),
    asks("e", {"type": "conversations_select", "default_to_current_conversation": True}),
    asks("f", {"type": "file_input", "filetypes": ["csv"], "max_files": 1}),
]


def test_valid_blocks_have_no_problem() -> None:
    """Every kind of block and of input that the bot may show."""
    tables = [table(column_settings=[{"align": "left"}]), data_table(page_size=10)]
    flags = dict.fromkeys(("clear_on_close", "notify_on_close", "submit_disabled"), True)
    shown = [MANY_KINDS, *tables, modal(*INPUTS, **flags), HOME | {"blocks": MANY_KINDS}]
    shown += [[{"type": "markdown", "text": "x" * 6_000}] * 2, table(100, 1, "x" * 100)]
    shown += [element("plain_text_input", initial_value=text) for text in ("", "x" * 3_000)]
    shown += [modal(private_metadata="")]

    assert [] == [(words(one), one) for one in shown if words(one)]


# Invalid blocks, and Slack's message for them.
WRONG: Sequence[tuple[Any, str]] = [
    ({"type": "header", "text": mrkdwn("x")}, "unsupported type: mrkdwn"),
    ({"type": "section"}, "must have at least one of: text, fields"),
    (section(""), "must be more than 0 characters"),
    (section(" \n"), "must be more than 0 characters"),
    ({"type": "section", "text": {"type": "mrkdwn", "text": 1}}, "must be a string"),
    (section(accessory={"type": "header"}), "unsupported type: header"),
    ({"type": "context", "elements": [mrkdwn("x") | {"verbatim": "true"}]}, "must be a boolean"),
    ({"type": "context", "elements": []}, "no fewer than 1 items allowed"),
    ({"type": "context", "elements": plain("x")}, "must be an array"),
    (
        actions(button("a"), button("a")),
        "`action_id` a already exists for another component",
    ),
    (actions(button(style="green")), "must be one of: primary, danger"),
    (actions(button(confirm="yes")), "must be an object"),
    ({"type": "image", "image_url": "https://a"}, "missing required field: alt_text"),
    (
        {"type": "image", "alt_text": "x"},
        "must have exactly one of: image_url, slack_file",
    ),
    (
        picture(slack_file={"id": "F1"}),
        "must have exactly one of: image_url, slack_file",
    ),
    (
        {"type": "image", "alt_text": "x", "slack_file": {"id": "F1", "url": "https://a"}},
        "must have exactly one of: id, url",
    ),
    ({"type": "divider", "text": plain("x")}, "invalid additional property: text"),
    (rich(mrkdwn("x")), "unsupported type: mrkdwn"),
    (part("text", text=""), "must be more than 0 characters"),
    (rich(TEXT | {"style": {"big": True}}), "invalid additional property: big"),
    (rich(TEXT, kind="list", style="bullet"), "unsupported type: text"),
    (rich({"type": "emoji", "name": "x"}, kind="preformatted"), "unsupported type: emoji"),
    (
        {"type": "rich_text", "elements": [{"type": "rich_text_quote"}]},
        "missing required field: elements",
    ),
    (rich(TEXT, kind="quote", border=True), "must be an integer"),
    (part("broadcast", range="all"), "must be one of: here, channel, everyone"),
    (table(100, 1, "x" * 101), "cells must have less than 10001 characters in all"),
    (table(text=""), "must be more than 0 characters"),
    ([table(), table()], "only_one_table_allowed"),
    ([data_table(), table()], "only_one_table_allowed"),
    (table(column_settings=[{"align": "top"}]), "must be one of: left, center, right"),
    (
        [{"type": "markdown", "text": "x" * 6_001}] * 2,
        "markdown must be less than 12001 characters",
    ),
    ([{"type": "divider", "block_id": "a"}] * 2, "`block_id` a already exists for another block"),
    ({"type": "hr"}, "unsupported type: hr"),
    ({"type": ["x"]}, "missing required field: type"),
    ("divider", "must be an object"),
    (data_table(caption=" "), "must be more than 0 characters"),
    (data_table([cell()]), "no fewer than 2 items allowed"),
    (data_table([cell()], [cell(), cell()]), "rows must have the same number of cells"),
    (data_table([number(1)], [cell()]), "unsupported type: raw_number"),
    (data_table([cell()], [cell("")]), "must be more than 0 characters"),
    (data_table([cell()], [number(float("nan"))]), "must be a finite number"),
    (data_table([cell()], [number(2**53 + 1)]), "must be a finite number"),
    (data_table([cell()], [number(True)]), "must be a number"),
    (
        data_table([cell()], [cell("a" * 10_000)]),
        "cells must have less than 10001 characters in all",
    ),
    (data_table(rows="rows"), "must be an array"),
    (data_table(1, 2), "must be an array"),
    (data_table(column_settings=[]), "invalid additional property: column_settings"),
    (
        element("plain_text_input", min_length=5, max_length=4),
        "min_length must not be more than max_length",
    ),
    (
        element("plain_text_input", max_length=2, initial_value="xxx"),
        "initial_value must not be longer than max_length",
    ),
    (element("plain_text_input", initial_value="x" * 3_001), "must be less than 3001 characters"),
    (element("plain_text_input", lines=3), "invalid additional property: lines"),
    (element("static_select"), "must have exactly one of: options, option_groups"),
    *(
        (
            element(kind, options=options("a"), **{name: wrong}),
            "initial option must be one of the options",
        )
        for kind, name, wrong in (
            ("static_select", "initial_option", options("b")[0]),
            ("radio_buttons", "initial_option", options("b")[0]),
            ("checkboxes", "initial_options", options("a", "b")),
        )
    ),
    (option(text=mrkdwn("x")), "unsupported type: mrkdwn"),
    (element("overflow", options=options("a")), "unsupported type: overflow"),
    (
        element("conversations_select", filter={}),
        "must have at least one of: include, exclude_external_shared_channels, exclude_bot_users",
    ),
    (modal(title=None), "must be an object"),
    (
        {"type": "modal", "title": plain("x"), "blocks": [element("plain_text_input")]},
        "missing required field: submit",
    ),
    (modal(table()), "unsupported type: table"),
    (modal(data_table()), "unsupported type: data_table"),
    (modal() | {"blocks": {}}, "must be an array"),
    (modal(size="big"), "invalid additional property: size"),
    (
        modal(*(asks(b, {"type": "plain_text_input", "focus_on_load": True}) for b in "ab")),
        "only one element can have focus_on_load",
    ),
]


def test_invalid_blocks_have_the_expected_problem() -> None:
    """Slack's message is among the problems."""
    judged = [(given, refusal, words(given)) for given, refusal in WRONG]

    assert [] == [one for one in judged if one[1] not in one[2]]


def test_a_problem_says_where_it_is() -> None:
    """The place is a JSON pointer, as with Slack."""
    header = {"type": "header", "text": plain("x" * 151)}
    line = "must be less than 151 characters [json-pointer:/blocks/1/text/text]"

    assert [line] == problems_of_blocks([section(), header], Surface.MESSAGE)


def test_each_surface_has_its_own_blocks() -> None:
    """Inputs are for views, Markdown is for messages; a view's type must match its surface."""
    asked, pasted = element("plain_text_input"), {"type": "markdown", "text": "x"}

    assert [] == problems_of_blocks([asked], Surface.HOME)
    assert problems_of_blocks([asked], Surface.MESSAGE)
    assert problems_of_blocks([pasted], Surface.HOME)
    wrong_place = "must be of type home [json-pointer:/view/type]"
    assert [wrong_place] == problems_of_view(modal(), Surface.HOME)
