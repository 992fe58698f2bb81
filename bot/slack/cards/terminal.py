"""Draws a Slack message in a terminal with rich; supports the block types of our cards."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.style import Style
from rich.text import Text

from bot.domain.texts.printable import printable

WIDTH: Final = 92
_TOKEN: Final = re.compile(
    r"<!date\^[0-9]+\^[^|>]*\|(?P<date>[^>]*)>"
    r"|<@(?P<user>[A-Z0-9]+)>"
    r"|`(?P<code>[^`\n]+)`"
    r"|(?<![\w*])\*(?P<bold>[^*\n]+)\*(?![\w*])"
)
_STYLES: Final = {"code": "bold magenta", "bold": "bold", "date": "", "user": "cyan"}


def draw(blocks: Iterable[Mapping[str, Any]], *, title: str = "", border: str = "cyan") -> Panel:
    """Draw the blocks of a message or a view in a frame."""
    parts: list[RenderableType] = []
    for block in blocks:
        if parts:
            parts.append(Text(""))
        parts.append(_drawn(block))
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
    return printable(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def _drawn(block: Mapping[str, Any]) -> RenderableType:
    drawn: RenderableType
    match block:
        case {"type": "header", "text": text}:
            drawn = Text(_unescape(text["text"]), style="bold")
        case {"type": "section", "text": text, "accessory": control}:
            drawn = Group(mrkdwn(text["text"]), _controls([control]))
        case {"type": "section", "text": text}:
            drawn = mrkdwn(text["text"])
        case {"type": "context", "elements": elements}:
            drawn = Text("  ·  ").join(mrkdwn(element["text"]) for element in elements)
            drawn.stylize_before(Style(dim=True))
        case {"type": "rich_text", "elements": elements}:
            drawn = Group(*(_rich_text(element) for element in elements))
        case {"type": "actions", "elements": elements}:
            drawn = _controls(elements)
        case {"type": "divider"}:
            drawn = Rule(style="dim")
        case {"type": "input", "label": label, "element": element}:
            shown = element.get("initial_value") or element.get("placeholder", {}).get("text", "")
            typed = Panel(Text(printable(shown), style="dim"), border_style="dim")
            drawn = Group(Text(printable(label["text"]), style="bold"), typed)
        case _:
            drawn = Text(printable(f"[{block.get('type')}]"), style="dim")
    return drawn


def _controls(elements: Iterable[Mapping[str, Any]]) -> Text:
    """Draw buttons and selects side by side in a line."""
    line = Text()
    for element in elements:
        label = element.get("text") or element.get("initial_option", {}).get("text", {})
        mark = "▾" if element["type"] == "static_select" else ""
        shown = "⋯" if element["type"] == "overflow" else printable(label.get("text", ""))
        line.append(f" {shown} {mark}".rstrip() + " ", style="reverse")
        line.append("  ")
    return line


def _rich_text(element: Mapping[str, Any]) -> RenderableType:
    text = Text()
    for run in element["elements"]:
        style = run.get("style", {})
        shown = "bold magenta" if style.get("code") else "bold" if style.get("bold") else ""
        text.append(printable(run.get("text", "")), style=shown)
    boxed = element["type"] == "rich_text_preformatted"
    return Panel(text, border_style="dim") if boxed else text
