"""The forms of words: which are IDMSGs, which may be, and which are something else."""

from __future__ import annotations

import re
from typing import Final

from bot.domain.input.message_id import MAX_LENGTH

# The length of a word that may be an id among others; `MPG12345` has it too.
MIN_DOUBTFUL: Final = 8

# At least five digits, because MPG1234 has the form of a Brazilian number plate.
GATEWAY_FORM: Final = r"(?i:MPG)[0-9]{5,37}(?:-[0-9]+)?"
IDENTIFIER: Final = re.compile(GATEWAY_FORM)

# The sandbox gateway's ids; most have no digit. No possessive groups: early releases of Python 3.11
# miss matches with them.
SANDBOX_FORM: Final = r"(?i:SANDBOX)(?:-[0-9A-Za-z]++)+(?:\.[0-9]++)*"
SANDBOX: Final = re.compile(SANDBOX_FORM)

# Bare digits: a mobile, perhaps without its area code, or a landline (Anatel's numbering plan).
BARE_PHONE: Final = re.compile(r"0?(?:55)?(?:(?:[1-9]{2})?9[0-9]{8}|[1-9]{2}[2-5][0-9]{7})")
SLACK_ID: Final = re.compile(r"[UWCGDTBS][0-9A-Z]{8,11}|[0-9]{10}\.[0-9]{6}")
_DAY: Final = r"(?:0[1-9]|[12][0-9]|3[01])"
_MONTH: Final = r"(?:0[1-9]|1[0-2])"
_YEAR: Final = r"(?:19|20)[0-9]{2}"
_SOMETHING_ELSE: Final = re.compile(
    rf"""
      {_YEAR}                                                  # a year
    | {_YEAR}{_MONTH}{_DAY}(?:T?[0-9]{{4}}(?:[0-9]{{2}})?Z?)?  # a date, perhaps with its time
    | {_DAY}{_MONTH}{_YEAR}
    | [0-9]{{1,2}}(?i:jan|fev|feb|mar|abr|apr|mai|may|jun|jul|ago|aug|set|sep|out|oct|nov|dez|dec)
          [A-Za-z]*[0-9]{{2,4}}
    | [0-9]{{5}}-[0-9]{{3}}                                    # a postal code
    | (?=[0-9]*[A-Fa-f])(?:[0-9A-Fa-f]{{32}}|[0-9A-Fa-f]{{40}})  # a hash, or a key
    | [A-Za-z]+-[0-9]{{1,6}}                                   # a ticket; a compound word
    | [A-Za-z]*[a-z][0-9]{{1,4}}                               # a word with a number: office365
    | [0-9]{{1,6}}[a-z]+ | [0-9]+x[0-9]+                       # a measure
    """,
    re.VERBOSE,
)


def has_digit(word: str) -> bool:
    """Whether the word has an ASCII digit; a word without one is no id."""
    return any(character in "0123456789" for character in word)


def is_certain(word: str) -> bool:
    """Whether the word has the form of an IDMSG: the gateway's, or the sandbox gateway's."""
    return bool(IDENTIFIER.fullmatch(word) or SANDBOX.fullmatch(word))


def might_be_id(word: str, shortest: int = MIN_DOUBTFUL) -> bool:
    """Whether the word may be an IDMSG as well as anything else: no phone, date or measure."""
    return (
        shortest <= len(word) <= MAX_LENGTH
        and word.count("-") <= 1
        and has_digit(word)
        and not BARE_PHONE.fullmatch(word)
        and not SLACK_ID.fullmatch(word)
        and not _SOMETHING_ELSE.fullmatch(word)
    )
