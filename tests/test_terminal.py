from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from rich.console import Console, RenderableType

from bot.slack.block_kit import (
    bold,
    code,
    context,
    header,
    line,
    message,
    moment,
    plain,
    preformatted,
    rich_text,
    section,
)
from bot.terminal import WIDTH, console, draw, draw_blocks, mrkdwn

# What a terminal acts on: colours, the title, a bell, going back, 8-bit controls, line direction.
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
    """What stands inside the frame, line by line."""
    return [text.strip("│ \n") for text in shown(drawing).splitlines()[1:-1]]


def test_message_is_drawn_from_top_to_bottom() -> None:
    """Header, sections, facts and small print stand in their order, an empty line between."""
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
    assert expected == lines(draw(message("", blocks)))


def test_report_is_boxed() -> None:
    """A text to be copied stands in a frame of its own."""
    drawn = lines(draw_blocks([rich_text(line(bold("Copy:")), preformatted("one\ntwo"))]))
    assert ["Copy:", "one", "two"] == [drawn[0], drawn[2], drawn[3]]
    assert drawn[1].startswith("╭")
    assert drawn[4].startswith("╰")


def test_title_stands_in_the_frame() -> None:
    """A title is part of the frame's first line."""
    assert (
        " only you see this " in shown(draw_blocks([], title="only you see this")).splitlines()[0]
    )


def test_unknown_block_is_named() -> None:
    """A block that cannot be drawn is not passed over in silence."""
    assert ["[carousel]"] == lines(draw_blocks([{"type": "carousel"}]))


def test_block_without_a_type_is_drawn() -> None:
    """What comes over the wire without a type breaks nothing."""
    assert ["[None]"] == lines(draw_blocks([{}]))


@pytest.mark.parametrize(
    ("text", "plain_text"),
    [
        pytest.param("a *bold* word", "a bold word", id="bold"),
        pytest.param("type `/voicestatus A*B*`", "type /voicestatus A*B*", id="code"),
        pytest.param("2*3*4", "2*3*4", id="asterisks that are none"),
        pytest.param(f"at {moment(0, '1970-01-01 00:00')}", "at 1970-01-01 00:00", id="date"),
        pytest.param("shared by <@U0ANA000001>", "shared by @U0ANA000001", id="mention"),
        pytest.param("&lt;b&gt; &amp;amp;", "<b> &amp;", id="entities once"),
        pytest.param("*a &lt; b*", "a < b", id="entities in bold"),
        pytest.param("[red]text[/red]", "[red]text[/red]", id="rich's own mark-up is text"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_mrkdwn_is_read_as_slack_reads_it(text: str, plain_text: str) -> None:
    """Slack's mark-up disappears and what it marks stays."""
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
    """Bold, code and mentions are told apart from the text around them."""
    drawn = mrkdwn(text)
    styled = {drawn.plain[span.start : span.end]: str(span.style) for span in drawn.spans}
    assert {marked: style} == {part: name for part, name in styled.items() if name}


@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
@pytest.mark.parametrize(
    "block",
    [
        header,
        section,
        lambda text: section(f"*{text}*"),
        lambda text: section(f"`{text}`"),
        lambda text: section(f"<!date^0^{{date}}|{text}>"),
        lambda text: context([text]),
        lambda text: rich_text(line(plain(text), bold(text), code(text))),
        lambda text: rich_text(preformatted(text)),
        lambda text: {"type": text},
    ],
    ids=[
        "header",
        "section",
        "bold",
        "code",
        "date",
        "context",
        "rich_text",
        "preformatted",
        "unknown",
    ],
)
def test_control_character_never_reaches_the_terminal(block: Any, control: str) -> None:
    """A hostile text from the wire cannot act on the terminal, wherever it stands."""
    drawn = shown(draw_blocks([block(f"A{control}B")]))
    assert [] == [c for c in drawn if not c.isprintable() and c != "\n"]


@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
def test_control_character_is_replaced_and_not_dropped(control: str) -> None:
    """The reader sees that something stood there."""
    assert "\ufffd" in mrkdwn(f"A{control}B").plain


def test_no_line_is_wider_than_what_reads_well(capsys: pytest.CaptureFixture[str]) -> None:
    """Where standard output is no terminal the drawing has the width of ours, without colours."""
    console().print(draw_blocks([section("word " * 100)]))
    out = capsys.readouterr().out
    assert {WIDTH} == {len(text) for text in out.splitlines()}
    assert "\x1b" not in out
