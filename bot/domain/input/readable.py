"""Text as people send it, made plain: what copying adds is undone, and no word is cut in two."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

# The longest text of a Slack message.
MAX_READ: Final = 40_000

_AT_ONCE: Final = 1_000
_HYPHENS: Final = frozenset("\u2010\u2011\u2012\u2013\u2212")
# Letters and digits in NFKC, but marks beside a word: 1\u00ba, \u2460, the number of a footnote.
_MARKS: Final = ("<super>", "<sub>", "<circle>", "<square>", "<fraction>")
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]++")
# Characters that have no width, other than those of category Cf (Unicode, Default_Ignorable).
_NO_WIDTH: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# Some programs put these between two words instead of a blank, others into a long word where it
# may be broken. A run of them is matched once, from its beginning, so time grows with length.
_BREAK: Final = "(?<![\u200b-\u200d\u2060\ufeff])[\u200b-\u200d\u2060\ufeff]++"
_BETWEEN_WORDS: Final = re.compile(
    rf"{_BREAK}(?=(?:000:)?(?i:MPG)[0-9]{{5}}|(?i:SANDBOX)-)|(?<=[0-9]{{5}}){_BREAK}(?=[^\W\d_])"
)
_NUMBERS_WITH_BREAKS: Final = re.compile(rf"(?<![^\W_])[0-9]{{5,}}(?:{_BREAK}[0-9]{{5,}})+(?!\w)")
# `236 180 474` with blanks that never break a line separate thousands, not words.
_THOUSANDS: Final = re.compile(
    "(?<![\\w.,+/\u00a0\u2007\u2009\u202f-])[1-9][0-9]{0,2}(?:[\u00a0\u2007\u2009\u202f][0-9]{3}){2,5}(?![\\w])"
)
# `MPG: 000236180474`, `MPG000 236 180 474`: an id in several words has twelve digits in all, in
# groups of one length.
_IN_PARTS: Final = re.compile(
    r"""(?<![^\W_])(?i:MPG)(?:
      [ _.:-]{0,3}(?:
          [0-9]{3}(?:[ .-][0-9]{3}){3} | [0-9]{4}(?:[ .-][0-9]{4}){2} | [0-9]{6}[ .][0-9]{6}
      )
    | [ _.:-]{1,3}[0-9]{12}
    )(?![0-9])""",
    re.VERBOSE,
)
_BETWEEN_PARTS: Final = re.compile("[ _.:-]+")
# What surely ends a word; a dot, a hyphen or an invisible character may be inside an id.
_ENDS_WORD: Final = re.compile("[^\\w.\\-\u00ad\u2010-\u2013\u2212\u200b-\u200f\u2060\ufeff]")


def readable(text: str, *, most: int) -> str:
    """The text in plain characters (NFKC), without invisible ones and raised or circled marks.

    An invisible break between two ids becomes a blank. Character by character: sorting a long run
    of accents takes time that grows with its square. One character may become eighteen; at most
    `most` characters of the result are produced.
    """
    if text.isascii():
        return text[:most]
    whole = _THOUSANDS.sub(lambda number: "".join(number[0].split()), text)
    parted = _NUMBERS_WITH_BREAKS.sub(_parted, _BETWEEN_WORDS.sub(" ", whole))
    pieces: list[str] = []
    for start in range(0, len(parted), _AT_ONCE):
        pieces.append(_NOT_ASCII.sub(_plain_run, parted[start : start + _AT_ONCE])[:most])
        most -= len(pieces[-1])
        if most <= 0:
            break
    return "".join(pieces)


def whole_words(text: str, limit: int) -> str:
    """At most `limit` characters of the text, without a truncated word at the end."""
    if len(text) <= limit or _ENDS_WORD.match(text, limit):
        return text[:limit]
    last = _ENDS_WORD.search(text[:limit][::-1])
    return text[: limit - last.start()] if last else ""


def whole_ids(text: str) -> str:
    """The text, which is `readable`, with each id that was typed in several words in one."""
    return _IN_PARTS.sub(lambda parts: _BETWEEN_PARTS.sub("", parts[0]), text)


def bare(word: str) -> str:
    """The word without the signs around it: quotes, brackets, bullets, Slack's markup."""
    start, end = 0, len(word)
    while start < end and not word[start].isalnum():
        start += 1
    while end > start and not word[end - 1].isalnum():
        end -= 1
    return word[start:end]


def _parted(numbers: re.Match[str]) -> str:
    """Numbers of one length, or else one number that may be broken."""
    parts = re.split(_BREAK, numbers[0])
    return (" " if len({len(part) for part in parts}) == 1 else "").join(parts)


def _plain_run(match: re.Match[str]) -> str:
    run = match[0]
    # Most runs are letters that stay as they are.
    if run.isalpha() and unicodedata.is_normalized("NFKC", run) and not _NO_WIDTH.search(run):
        return run
    return "".join(map(_plain_character, run))


@lru_cache
def _plain_character(character: str) -> str:
    if unicodedata.category(character) == "Cf" or _NO_WIDTH.match(character):
        return ""
    if character in _HYPHENS:
        return "-"
    parts = unicodedata.decomposition(character)
    if not parts:
        # A degree sign that stands for the raised letter of a number: 1\u00b0.
        return ". " if character == "\u00b0" else character
    return ". " if parts.startswith(_MARKS) else unicodedata.normalize("NFKC", character)
