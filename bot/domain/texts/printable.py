"""Text for a terminal, which would obey control characters in it.

What they are is Unicode's word: all that is neither seen nor a plain space, such as escape
sequences, marks that reorder a line, and separators of lines and paragraphs.
https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def printable(text: str) -> str:
    """The text with a sign in place of each such character; line feeds are kept."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)


def json_line(record: Mapping[str, Any]) -> str:
    """The record as one line of JSON, with such characters escaped; other letters as they are."""
    line = json.dumps(record, ensure_ascii=False)
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else _escaped(c) for c in line)


def _escaped(character: str) -> str:
    """As JSON has it: by the units of UTF-16."""
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))
