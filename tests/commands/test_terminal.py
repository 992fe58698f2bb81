"""Slack messages drawn in a terminal."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from io import StringIO
from typing import Any

import pytest
from rich.console import Console, RenderableType

from bot.slack.blocks.block_kit import (
    bold,
    code,
    context,
    header,
    line,
    moment,
    plain,
    preformatted,
    rich_text,
    section,
)
from bot.slack.cards.terminal import WIDTH, console, draw, mrkdwn

# Sequences that a terminal acts on: colours, the title, a bell, cursor moves, 8-bit controls, line
# direction.
CONTROLS = [
    "\x1b[31m",
    "\x1b]0;title\x07",
    "\x07",
    "\b",
    "\r",
    "\x9b2J",
    "\u202e",
    "\x00",
    "\u2028",
]


def shown(drawing: RenderableType, *, width: int = WIDTH) -> str:
    """The drawing as plain text."""
    out = StringIO()
    Console(file=out, width=width, color_system=None).print(drawing)
    return out.getvalue()


def lines(drawing: RenderableType) -> list[str]:
    """The content of the frame, line by line."""
    return [text.strip("│ \n") for text in shown(drawing).splitlines()[1:-1]]


def test_message_is_drawn_from_top_to_bottom() -> None:
    """Header, sections, facts and small print are in order, with an empty line between."""
    blocks = [
        header("❌ Busy"),
        section("The *line* was busy."),
        rich_text(line(bold("IDMSG  "), code("A1"), plain("\nSIP code  486"))),
        context(["Checked today", "Source: RFC 3261"]),
    ]
    expected = [
        "❌ Busy",
        "",
        "The line was busy.",
        "",
        "IDMSG  A1",
        "SIP code  486",
        "",
        "Checked today  ·  Source: RFC 3261",
    ]
    assert expected == lines(draw(blocks))


def test_report_is_boxed() -> None:
    """A text to copy has its own frame."""
    drawn = lines(draw([rich_text(line(bold("Copy:")), preformatted("one\ntwo"))]))
    assert ["Copy:", "one", "two"] == [drawn[0], drawn[2], drawn[3]]
    assert drawn[1].startswith("╭")
    assert drawn[4].startswith("╰")


def test_controls_are_told_apart_by_their_looks() -> None:
    """Buttons are in a row, a select has its arrow, a field its frame and its content."""
    chosen = {"type": "static_select", "initial_option": {"text": {"text": "English"}}}
    hint = {"placeholder": {"text": "MPG"}}
    blocks: list[dict[str, Any]] = [
        {**section("*Language*"), "accessory": chosen},
        {"type": "divider"},
        {
            "type": "actions",
            "elements": [
                {"type": "button", "text": {"text": "Refresh"}},
                {"type": "button", "text": {"text": "A\x07B"}},
            ],
        },
        {"type": "input", "label": {"text": "empty\x07"}, "element": hint},
        {"type": "input", "label": {"text": "typed"}, "element": {"initial_value": "A1", **hint}},
    ]
    drawn = [text for text in lines(draw(blocks)) if not re.fullmatch("[╭╮╰╯─]*", text)]
    expected = [
        "Language",
        "English ▾",
        "Refresh    A\ufffdB",
        "empty\ufffd",
        "MPG",
        "typed",
        "A1",
    ]
    assert expected == drawn


def test_title_stands_in_the_frame() -> None:
    """A title is part of the frame's first line."""
    assert " only you see this " in shown(draw([], title="only you see this")).splitlines()[0]


def test_unknown_block_is_named() -> None:
    """A block that cannot be drawn is not skipped silently."""
    assert ["[carousel]"] == lines(draw([{"type": "carousel"}]))


def test_block_without_a_type_is_drawn() -> None:
    """Input without a type breaks nothing."""
    assert ["[None]"] == lines(draw([{}]))


@pytest.mark.parametrize(
    ("text", "plain_text"),
    [
        pytest.param("a *bold* word", "a bold word", id="bold"),
        pytest.param("type `/voicestatus A*B*`", "type /voicestatus A*B*", id="code"),
        pytest.param("2*3*4", "2*3*4", id="asterisks that are none"),
        pytest.param(
            f"at {moment(0, '{date}', '1970-01-01 00:00')}", "at 1970-01-01 00:00", id="date"
        ),
        pytest.param("shared by <@U0ANA000001>", "shared by @U0ANA000001", id="mention"),
        pytest.param("&lt;b&gt; &amp;amp;", "<b> &amp;", id="entities once"),
        pytest.param("*a &lt; b*", "a < b", id="entities in bold"),
        pytest.param("[red]text[/red]", "[red]text[/red]", id="rich's own mark-up is text"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_mrkdwn_is_read_as_slack_reads_it(text: str, plain_text: str) -> None:
    """Slack's mark-up disappears and its content stays."""
    assert plain_text == mrkdwn(text).plain


@pytest.mark.parametrize(
    ("text", "marked", "style"),
    [
        ("a *bold* word", "bold", "bold"),
        ("some `code` here", "code", "bold magenta"),
        ("by <@U1>", "@U1", "cyan"),
    ],
)
def test_mark_up_becomes_a_style(text: str, marked: str, style: str) -> None:
    """Bold, code and mentions differ from the text around them."""
    drawn = mrkdwn(text)
    styled = {drawn.plain[span.start : span.end]: str(span.style) for span in drawn.spans}
    assert {marked: style} == {part: name for part, name in styled.items() if name}


def test_styled_runs_of_a_text_keep_their_style() -> None:
    """As the same marks in a line of mrkdwn."""
    out = StringIO()
    runs = rich_text(line(bold("a"), code("b"), plain("c")))
    Console(file=out, width=9, color_system="standard", force_terminal=True).print(
        draw([runs], border="none")
    )
    assert "\x1b[1ma\x1b[0m\x1b[1;35mb\x1b[0mc" in out.getvalue()


def test_no_control_character_reaches_the_terminal() -> None:
    """A hostile text from the wire cannot control the terminal, in any position."""
    blocks: dict[str, Callable[[str], Mapping[str, Any]]] = {
        "header": header,
        "section": section,
        "bold": lambda text: section(f"*{text}*"),
        "code": lambda text: section(f"`{text}`"),
        "date": lambda text: section(f"<!date^0^{{date}}|{text}>"),
        "context": lambda text: context([text]),
        "rich_text": lambda text: rich_text(line(plain(text), bold(text), code(text))),
        "preformatted": lambda text: rich_text(preformatted(text)),
        "unknown": lambda text: {"type": text},
    }
    assert [] == [
        (name, control)
        for name, block in blocks.items()
        for control in CONTROLS
        for sign in shown(draw([block(f"A{control}B")]))
        if not sign.isprintable() and sign != "\n"
    ]


def test_control_characters_are_replaced_and_not_dropped() -> None:
    """The reader sees that text was removed."""
    assert [] == [one for one in CONTROLS if "\ufffd" not in mrkdwn(f"A{one}B").plain]


def test_no_line_is_wider_than_what_reads_well(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal on standard output the drawing has our width, without colours."""
    console().print(draw([section("word " * 100)]))
    out = capsys.readouterr().out
    assert {WIDTH} == {len(text) for text in out.splitlines()}
    assert "\x1b" not in out
