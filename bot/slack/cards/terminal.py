"""Draws a Slack message in a terminal with rich; supports the block types of our cards."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.style import Style
from rich.text import Text

from bot.slack.blocks.block_kit import Message

WIDTH: Final = 92
_TOKEN: Final = re.compile(
    r"<!date\^[0-9]+\^[^|>]*\|(?P<date>[^>]*)>"
    r"|<@(?P<user>[A-Z0-9]+)>"
    r"|`(?P<code>[^`\n]+)`"
    r"|(?<![\w*])\*(?P<bold>[^*\n]+)\*(?![\w*])"
)
_STYLES: Final = {"code": "bold magenta", "bold": "bold", "date": "", "user": "cyan"}


def draw(message: Message, *, title: str = "", border: str = "cyan") -> Panel:
    """Draw a message in a frame."""
    return draw_blocks(message.blocks, title=title, border=border)


def draw_blocks(
    blocks: Iterable[Mapping[str, Any]], *, title: str = "", border: str = "cyan"
) -> Panel:
    """Draw blocks of a payload in a frame."""
    parts: list[RenderableType] = []
    for block in blocks:
        if parts:
            parts.append(Text(""))
        parts.append(_DRAWERS.get(str(block.get("type")), _draw_unknown)(block))
    return Panel(Group(*parts), title=title, title_align="left", border_style=border)


def console() -> Console:
    """Standard output, at most `WIDTH` wide; without colours if it is not a terminal."""
    own = Console(highlight=False)
    if own.is_terminal and own.width <= WIDTH:
        return own
    return Console(highlight=False, width=WIDTH)


def mrkdwn(text: str) -> Text:
    """Slack's markup as styled text: bold, code, dates and mentions, the three entities."""
    drawn = Text()
    position = 0
    for token in _TOKEN.finditer(text):
        drawn.append(_unescape(text[position : token.start()]))
        kind = str(token.lastgroup)
        sign = "@" if kind == "user" else ""
        drawn.append(sign + _unescape(token[kind]), style=_STYLES[kind])
        position = token.end()
    drawn.append(_unescape(text[position:]))
    return drawn


def _unescape(text: str) -> str:
    return _printable(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def _printable(text: str) -> str:
    """Replace control characters, because a terminal would execute them."""
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)


def _draw_header(block: Mapping[str, Any]) -> RenderableType:
    return Text(_unescape(block["text"]["text"]), style="bold")


def _draw_section(block: Mapping[str, Any]) -> RenderableType:
    text = mrkdwn(block["text"]["text"])
    accessory = block.get("accessory")
    return Group(text, _controls([accessory])) if accessory else text


def _draw_actions(block: Mapping[str, Any]) -> RenderableType:
    return _controls(block["elements"])


def _controls(elements: Iterable[Mapping[str, Any]]) -> Text:
    """Draw buttons and selects side by side in a line."""
    line = Text()
    for element in elements:
        label = element.get("text") or element.get("initial_option", {}).get("text", {})
        mark = "▾" if element["type"] == "static_select" else ""
        line.append(f" {_printable(label.get('text', ''))} {mark}".rstrip() + " ", style="reverse")
        line.append("  ")
    return line


def _draw_divider(_: Mapping[str, Any]) -> RenderableType:
    return Rule(style="dim")


def _draw_input(block: Mapping[str, Any]) -> RenderableType:
    element = block["element"]
    hint = element.get("placeholder", {}).get("text", "")
    typed = Text(_printable(element.get("initial_value", "")) or _printable(hint), style="dim")
    label = Text(_printable(block["label"]["text"]), style="bold")
    return Group(label, Panel(typed, border_style="dim"))


def _draw_context(block: Mapping[str, Any]) -> RenderableType:
    lines = [mrkdwn(element["text"]) for element in block["elements"]]
    joined = Text("  ·  ").join(lines)
    joined.stylize_before(Style(dim=True))
    return joined


def _draw_rich_text(block: Mapping[str, Any]) -> RenderableType:
    parts: list[RenderableType] = []
    for element in block["elements"]:
        text = Text()
        for run in element["elements"]:
            text.append(_printable(run.get("text", "")), style=_run_style(run.get("style", {})))
        boxed = element["type"] == "rich_text_preformatted"
        parts.append(Panel(text, border_style="dim") if boxed else text)
    return Group(*parts)


def _run_style(style: Mapping[str, bool]) -> str:
    return "bold magenta" if style.get("code") else "bold" if style.get("bold") else ""


def _draw_unknown(block: Mapping[str, Any]) -> RenderableType:
    return Text(_printable(f"[{block.get('type')}]"), style="dim")


_DRAWERS: Final[Mapping[str, Callable[[Mapping[str, Any]], RenderableType]]] = {
    "header": _draw_header,
    "section": _draw_section,
    "context": _draw_context,
    "rich_text": _draw_rich_text,
    "actions": _draw_actions,
    "divider": _draw_divider,
    "input": _draw_input,
}
