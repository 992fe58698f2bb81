"""The chart of the speed page: bars, as SVG, readable on a light and on a dark background."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from scripts.bench.speed import Row

_WIDTH, _ROW, _LEFT, _TOP = 760, 30, 300, 44
_BAR: Final = "#2f7d6d"
_YARDSTICK: Final = "#8a94a6"
_TEXT: Final = "#667085"


def chart(title: str, rows: Sequence[Row]) -> str:
    """One bar a row; the rows of our own bot are in colour."""
    longest = max(row.value for row in rows)
    height = _TOP + _ROW * len(rows) + 8
    said = escape(title)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}"',
        f' font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="{said}">',
        f'<text x="0" y="20" font-size="15" font-weight="600" fill="{_TEXT}">{said}</text>',
    ]
    for number, row in enumerate(rows):
        parts.extend(_bar(row, _TOP + number * _ROW, row.value / longest))
    return "\n".join([*parts, "</svg>\n"])


def _bar(row: Row, top: int, share: float) -> list[str]:
    length = max(2, round(share * (_WIDTH - _LEFT - 180)))
    colour = _YARDSTICK if row.name.startswith("a ") else _BAR
    ratio = f" ({row.ratio:.1f} \u00d7)" if row.ratio is not None else ""
    middle, end = top + 15, _LEFT + length + 8
    said = f"{row.value:.2f} {row.unit}{ratio}"
    return [
        f'<text x="{_LEFT - 10}" y="{middle}" text-anchor="end" fill="{_TEXT}">',
        f"{escape(row.name)}</text>",
        f'<rect x="{_LEFT}" y="{top + 2}" width="{length}" height="18" rx="3" fill="{colour}"/>',
        f'<text x="{end}" y="{middle}" fill="{_TEXT}">{said}</text>',
    ]
