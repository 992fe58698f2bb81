"""The pictures of the README: real answers of the bot, drawn by rich as SVG.

Always the same moment and the same ids, so that a picture changes only when a card does.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.terminal_theme import TerminalTheme

from bot.demo.loopback.ledger import Blocks
from bot.demo.stage import COMMAND, Stage, running_stage
from bot.domain.catalog import Language
from bot.slack.buttons import Action
from bot.telemetry import configure_logging
from bot.terminal import draw_blocks

_MOMENT: Final = datetime(2026, 3, 2, 17, 4, 5, tzinfo=UTC)
_WIDTH: Final = 84
_LAST_KEPT: Final = "`SANDBOX-PENDING`"
_WATCHED: Final = "SANDBOX-PENDING-2 watch"
_PICTURES: Final = (
    ("answered", Language.ENGLISH, "SANDBOX-OK"),
    ("busy", Language.ENGLISH, "SANDBOX-BUSY"),
    ("busy-pt-BR", Language.PORTUGUESE, "SANDBOX-BUSY"),
    ("gateway-error", Language.ENGLISH, "SANDBOX-850"),
    ("list", Language.ENGLISH, "SANDBOX-OK SANDBOX-BUSY SANDBOX-MACHINE SANDBOX-PENDING"),
    ("explain", Language.ENGLISH, "explain 603"),
)
_THEME: Final = TerminalTheme(
    (255, 255, 255),
    (29, 28, 29),
    [
        (29, 28, 29), (192, 28, 40), (38, 130, 80), (160, 110, 0),
        (18, 100, 163), (150, 40, 120), (30, 120, 140), (110, 110, 110),
    ],
    [
        (97, 96, 97), (224, 30, 90), (46, 182, 125), (180, 130, 20),
        (54, 140, 220), (180, 60, 150), (40, 150, 170), (60, 60, 60),
    ],
)  # fmt: skip
# rich's own frame loads a font from the network; this one uses what the reader has.
_SVG: Final = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


async def write_pictures(directory: str) -> int:
    """Write one SVG a card into the directory, which is made if it is missing. Exit code 0."""
    configure_logging(level="ERROR", json=False)
    for language in Language:
        # Always the same second, and yet an order in which things happened.
        ticks = count()
        async with running_stage(
            language,
            now=lambda: _MOMENT + timedelta(microseconds=next(ticks)),  # noqa: B023
        ) as stage:
            if language is Language.ENGLISH:
                _write(Path(directory) / "watch.svg", await _picture_of_watch(stage))
            for name, spoken, text in _PICTURES:
                if spoken is language:
                    _write(Path(directory) / f"{name}.svg", await _picture(stage, name, text))
            if language is Language.ENGLISH:
                # After the others, so that there is a card to press and a past to show.
                _write(Path(directory) / "customer.svg", await _picture_of_reply(stage))
                _write(Path(directory) / "home.svg", await _picture_of_home(stage))
    return 0


def _write(path: Path, picture: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(picture, encoding="utf-8")
    print(path)


async def _picture(stage: Stage, name: str, text: str) -> str:
    _, answers = await stage.say(text)
    return _drawn(name, f"{COMMAND} {text}", [answer.blocks async for answer in answers])


async def _picture_of_watch(stage: Stage) -> str:
    coming = await stage.watch(_WATCHED)
    _card, *others = [answer.blocks async for answer in coming]
    return _drawn("watch", f"{COMMAND} {_WATCHED}", others)


async def _picture_of_reply(stage: Stage) -> str:
    answers = await stage.press(Action.CUSTOMER, "SANDBOX-BUSY")
    label = stage.catalog.say("button.customer")
    return _drawn("customer", label, [answer.blocks async for answer in answers])


async def _picture_of_home(stage: Stage) -> str:
    page = await stage.open_home()
    while _LAST_KEPT not in str(page.content):
        # An answer is shown without waiting for its record.
        page = await stage.open_home()
    return _drawn("home", "App Home", [page.content["blocks"]])


def _drawn(name: str, title: str, messages: Iterable[Blocks]) -> str:
    recorder = Console(
        record=True, file=io.StringIO(), width=_WIDTH, highlight=False, force_terminal=True
    )
    for blocks in messages:
        recorder.print(draw_blocks(blocks))
    return recorder.export_svg(title=title, theme=_THEME, code_format=_SVG, unique_id=name)
