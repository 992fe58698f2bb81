"""Whole numbers as spreadsheets and programs write them: `236.180.474,00` is 236180474.

Thousands are separated by points, commas, apostrophes or blanks, and zeros or an exponent may
follow. Of a rounded number, `1,23457E+11`, digits are missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# The other blanks are those of SAP and LibreOffice.
_GROUPED: Final = (
    r"[1-9][0-9]{0,2}(?P<mark>[., '\u2019\u00a0\u2007\u2009\u202f])[0-9]{3}(?:(?P=mark)[0-9]{3})"
)
_NUMBER: Final = re.compile(
    rf"(?P<minus>-?)(?:(?P<grouped>{_GROUPED}*)(?!(?P=mark))|(?P<plain>[0-9]+))"
    r"(?:[.,](?P<decimals>[0-9]*|--?))?"
)
# With a fraction or a sign, because `5E12` may be an id.
_SCIENTIFIC: Final = re.compile(
    r"[+-]?(?P<first>[0-9])(?:[.,](?P<decimals>[0-9]+)[Ee]|[Ee](?=[+-]))(?P<power>[+-]?[0-9]{1,3})"
)
# One word of a list that is separated by commas and blanks. A fraction has one or two digits there,
# or only zeros: more digits are the next word. No number of a spreadsheet has more than 15 digits.
IN_A_LIST: Final = rf"""["'`]?(?:
      [+-]?[0-9](?:[.,][0-9]+[Ee][+-]?|[Ee]\+)[0-9]{{1,3}}
    | (?:
          (?:(?<![0-9][ ])|(?<=[.,]00[ ])|(?![0-9]+[ ])){_GROUPED}{{0,3}}(?!(?P=mark)[0-9]{{3}})
        | [0-9]+
      )(?:[.,](?:[0-9]{{1,2}}|0+))?
)["'`]?(?![^\s,;|])"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenNumber:
    """A number that is not written in digits only.

    Attributes:
        digits: all of its digits; empty if it is not a whole number, or not written in full.
        rounded: digits are missing.
    """

    digits: str = ""
    rounded: bool = False


def read_number(word: str) -> WrittenNumber | None:
    """Read such a number; `None` if the word is none."""
    # Most words are none, and end like none.
    if word.isdigit() or not (word[:1].isdigit() or word[:1] in {"+", "-"}):
        return None
    if number := _NUMBER.fullmatch(word):
        if number["minus"] or (number["decimals"] or "").strip("0-"):
            return WrittenNumber()
        return WrittenNumber(digits=re.sub(r"[^0-9]", "", number["grouped"] or number["plain"]))
    scientific = _SCIENTIFIC.fullmatch(word)
    return None if scientific is None else _expanded(scientific)


def _expanded(number: re.Match[str]) -> WrittenNumber:
    decimals, power = number["decimals"] or "", int(number["power"])
    if power > len(decimals):
        return WrittenNumber(rounded=True)
    if power < 0 or decimals[power:].strip("0"):
        return WrittenNumber()
    return WrittenNumber(digits=number["first"] + decimals[:power])
