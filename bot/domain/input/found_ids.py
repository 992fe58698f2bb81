"""IDMSGs in text that was not written for this bot: a message, an e-mail, a line of a CSV file.

Finds and judges words without any request. Time grows with the length of the text, whatever its
content.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from bot.domain.input.message_id import (
    DRESSED_PHONE,
    MAX_LENGTH,
    SEND_PREFIX,
    InvalidMessageIdError,
    MessageId,
)

MAX_FOUND: Final = 200
# The longest text of a Slack message.
MAX_READ: Final = 40_000

_MIN_DOUBTFUL: Final = 8
# The length of the shortest certain or doubtful word: `MPG12345`.
_SHORTEST: Final = 8
_MIN_AFTER_SPACE: Final = 4
_WORD_CHARACTERS: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-"
_HYPHENS: Final = dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-")
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")
_AT_ONCE: Final = 1_000

# At least five digits, because MPG1234 has the form of a Brazilian number plate.
_GATEWAY_FORM: Final = r"(?i:MPG)[0-9]{5,37}(?:-[0-9]+)?"
_IDENTIFIER: Final = re.compile(_GATEWAY_FORM)

# Phone numbers as people write them in prose, with any sign before and behind; DRESSED_PHONE knows
# whole words only.
_PHONE_IN_PROSE: Final = re.compile(
    r"""(?<![^\W_])(?<![0-9A-Za-z]-)(?:
      \+[0-9](?:[\s().-]{0,2}[0-9]){7,14}
    | \([0-9]{2,3}\)\s{0,2}[0-9][0-9\s.-]{5,12}[0-9]
    | (?:[0-9]{2}[\s.-]{1,3}){0,2}[0-9]{4,5}-[0-9]{4}
    | (?:55[\s.-]{1,3})?[1-9]{2}[\s.-]{1,3}(?:9[\s.-]?[0-9]{4}|[2-5][0-9]{3})[\s.-]?[0-9]{4}
    )(?!-?[^\W_])""",
    re.VERBOSE,
)

# The sandbox gateway's ids; most have no digit. No possessive groups: early releases of Python 3.11
# miss matches with them.
_SANDBOX_FORM: Final = r"(?i:SANDBOX)(?:-[0-9A-Za-z]++)+(?:\.[0-9]++)*"
_SANDBOX: Final = re.compile(_SANDBOX_FORM)

# The id after `id:`; any character that ends a word in prose, JSON, CSV, XML or a URL query ends
# it.
_VALUE: Final = (
    r"""(?=[^\W_])(?!(?i:id(?:msgs?)?)\b)(?!\w+://)[^\s"'`<>(){}\[\],;|&?\#\u2018-\u201d«»]++"""
)
_DRESS: Final = r"""["'`*_~\u2018-\u201d«(\[]{0,4}"""

_NO_FORM: Final = rf"(?!(?:{SEND_PREFIX})?{_GATEWAY_FORM}(?!-?[^\W_]))"
# The end of such a word is found in a second step, so that a long one is never scanned twice.
_WORDS: Final = rf"""
      (?<![^\W_])(?P<sandbox>{_SANDBOX_FORM})
    | (?<![^\W_])(?P<word>[0-9A-Za-z]++(?:-[0-9A-Za-z]++)*)
"""

# One pass over each word, the most specific form first. A form without a name is skipped.
_SCAN: Final = re.compile(
    rf"""
      <[@\#!][^<>]*+>                                             # a mention in Slack's mark-up
    | (?<!\w)@[\w.-]++ | \#(?=[^\WA-Z])[\w-]++                    # as people see it; a channel
    | (?<!\w):[0-9a-z_+'-]{{1,100}}+:                             # an emoji
    | (?P<address>
          (?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{{1,15}}+://[^\s<>"]*+
        | (?<![\w.-])(?:www\.|(?:[\w-]{{1,63}}+\.){{1,8}}
              (?:com|br|net|org|io|gov|edu|info|app|dev)(?![\w-]))[^\s<>"]*+
        | (?<![\w.%+-])[\w.%+-]{{1,64}}+@[\w.-]++
      )
    | (?:[$€£]|\b(?:BRL|USD|EUR)\b)[ ]?[0-9][0-9.,]*+             # an amount
    | (?<![^\W_])(?i:pedido|order|protocolo|ticket|chamado|fatura|invoice|nfe?|cpf|cnpj|cep|rg)
          (?:[ ](?i:number|n[uú]mero|no?))?[ .:=\#]{{1,3}}[0-9][0-9A-Za-z./-]*+
    | (?:(?<![\w-])(?i:id):|(?<![^\W_])(?i:idmsgs?)["'`*_~]{{0,3}}[:=>])
          {_DRESS}{_NO_FORM}(?P<said>{_VALUE})
    | (?<![^\W_])(?i:idmsgs?)["'`*_~]{{0,3}}(?P<mark>[ \t]{{0,3}}[:=>])?["'`*_~]{{0,3}}\s{{1,6}}
          {_DRESS}{_NO_FORM}(?P<labelled>{_VALUE})(?P<prose>(?=[ \t]+[^\W\d_]))?
    | {_WORDS}
    """,
    re.VERBOSE,
)
# In `https://id:secret@host` the word after the colon is not an id.
_SCAN_ADDRESS: Final = re.compile(
    rf"(?<![^\W_])(?i:idmsg)[:=]{_NO_FORM}(?P<said>{_VALUE}) | {_WORDS}", re.VERBOSE
)

# Bare digits: a mobile, perhaps without its area code, or a landline (Anatel's numbering plan).
BARE_PHONE: Final = re.compile(r"0?(?:55)?(?:(?:[1-9]{2})?9[0-9]{8}|[1-9]{2}[2-5][0-9]{7})")
_SLACK_ID: Final = re.compile(r"[UWCGDTBS][0-9A-Z]{8,11}|[0-9]{10}\.[0-9]{6}")
_DAY: Final = r"(?:0[1-9]|[12][0-9]|3[01])"
_MONTH: Final = r"(?:0[1-9]|1[0-2])"
_YEAR: Final = r"(?:19|20)[0-9]{2}"
_SOMETHING_ELSE: Final = re.compile(
    rf"""
      {_YEAR}{_MONTH}{_DAY}(?:T?[0-9]{{4}}(?:[0-9]{{2}})?Z?)?  # a date, perhaps with its time
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
_PART_OF_A_PATH: Final = frozenset("/\\%@")
_MARKED: Final = _PART_OF_A_PATH | frozenset("+$#^")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundIds:
    """The ids in a text, each once, in order of appearance.

    Attributes:
        ids: words in the form of an IDMSG, or called one in the text.
        doubtful: words that may be an IDMSG or anything else; the user decides.
    """

    ids: tuple[MessageId, ...] = ()
    doubtful: tuple[str, ...] = ()


def find_ids(texts: Iterable[str]) -> FoundIds:
    """Find IDMSGs in texts; a word never continues in the next text.

    At most `MAX_FOUND` of each sort are found, in the first `MAX_READ` characters.
    """
    ids: dict[MessageId, None] = {}
    doubtful: dict[str, None] = {}
    for word, certain in _words_of(texts):
        try:
            identifier = MessageId(word)
        except InvalidMessageIdError:
            continue
        if not certain:
            if len(doubtful) < MAX_FOUND:
                doubtful[word] = None
            continue
        ids[identifier] = None
        if len(ids) == MAX_FOUND:
            break
    known = {identifier.value for identifier in ids}
    return FoundIds(ids=tuple(ids), doubtful=tuple(w for w in doubtful if w not in known))


def whole_words(text: str, limit: int) -> str:
    """At most `limit` characters of the text, without a truncated word at the end."""
    if len(text) <= limit:
        return text
    return text[:limit].rstrip(_WORD_CHARACTERS)


def _words_of(texts: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """The words that may be IDMSGs, each with whether it is certain."""
    room = MAX_READ
    for text in texts:
        # Cut before the work, and again after it because one character can become eighteen.
        plain = whole_words(readable(whole_words(text, room), most=room + 1), room)
        # A semicolon ends a word, and a label finds nothing after it.
        yield from _scan(DRESSED_PHONE.sub(";", _PHONE_IN_PROSE.sub(";", plain)))
        room -= max(1, len(text), len(plain))
        if room <= 0:
            return


def readable(text: str, *, most: int) -> str:
    """The text in plain characters (NFKC), without invisible ones, with plain hyphens.

    Character by character: sorting a long run of accents takes time that grows with its square. One
    character may become eighteen; at most `most` characters of the result are produced.
    """
    if text.isascii():
        return text[:most]
    pieces: list[str] = []
    for start in range(0, len(text), _AT_ONCE):
        pieces.append(_NOT_ASCII.sub(_plain_character, text[start : start + _AT_ONCE])[:most])
        most -= len(pieces[-1])
        if most <= 0:
            break
    return "".join(pieces)


def _plain_character(match: re.Match[str]) -> str:
    character = match[0]
    if unicodedata.category(character) == "Cf":
        return ""
    return _HYPHENS.get(character) or unicodedata.normalize("NFKC", character)


def _scan(text: str) -> Iterator[tuple[str, bool]]:
    for match in _SCAN.finditer(text):
        kind = match.lastgroup
        if kind is None or (kind == "word" and match.end() - match.start() < _SHORTEST):
            continue
        if kind == "address":
            yield from _scan_address(match[0])
        else:
            yield from _judge(match)


def _scan_address(address: str) -> Iterator[tuple[str, bool]]:
    """The certain ids in a URL or an e-mail address, also in a URL inside a URL."""
    for match in _SCAN_ADDRESS.finditer(unquote(unquote(address))):
        yield from ((word, certain) for word, certain in _judge(match) if certain)


def _judge(match: re.Match[str]) -> Iterator[tuple[str, bool]]:
    kind, after = match.lastgroup, match.string[match.end() : match.end() + 1]
    if kind == "said" or (kind in {"labelled", "prose"} and _is_named(match)):
        yield from _judge_named(match["said"] or match["labelled"])
    elif kind in {"labelled", "prose"} and (named := _SANDBOX.match(match["labelled"])):
        yield named[0], named[0].startswith("SANDBOX")
    elif kind == "sandbox" and not after.isalnum():
        yield match[0], match[0].startswith("SANDBOX")
    elif kind == "word" and not after.isalnum():
        yield from _judge_word(match)


def _is_named(match: re.Match[str]) -> bool:
    """Whether the word after `IDMSG` and a blank is an id; in `IDMSG not found` it is not."""
    digits = any(c.isdigit() for c in match["labelled"])
    if match["mark"]:
        return digits or match["prose"] is None
    return digits and len(match["labelled"]) >= _MIN_AFTER_SPACE


def _judge_named(named: str) -> Iterator[tuple[str, bool]]:
    word = named.rstrip(".:!*_~-").removeprefix(SEND_PREFIX)
    if not _SLACK_ID.fullmatch(word):
        yield word, not BARE_PHONE.fullmatch(word)


def _judge_word(match: re.Match[str]) -> Iterator[tuple[str, bool]]:
    word = match["word"]
    if _IDENTIFIER.fullmatch(word):
        yield word, True
    elif might_be_id(word) and not _belongs_to_more(match):
        yield word, False


def is_certain(word: str) -> bool:
    """Whether the word has the form of an IDMSG: the gateway's, or the sandbox gateway's."""
    return bool(_IDENTIFIER.fullmatch(word) or _SANDBOX.fullmatch(word))


def might_be_id(word: str) -> bool:
    """Whether the word may be an IDMSG as well as anything else: no phone, date or measure."""
    return (
        _MIN_DOUBTFUL <= len(word) <= MAX_LENGTH
        and word.count("-") <= 1
        and any(c.isdigit() for c in word)
        and not BARE_PHONE.fullmatch(word)
        and not _SLACK_ID.fullmatch(word)
        and not _SOMETHING_ELSE.fullmatch(word)
    )


def _belongs_to_more(match: re.Match[str]) -> bool:
    """Whether the word is a part of a path, an address, a decimal number or an amount."""
    text, start, end = match.string, match.start(), match.end()
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if not _MARKED.isdisjoint(before[-1:]) or not _PART_OF_A_PATH.isdisjoint(after[:1]):
        return True
    return _decimal(before[::-1]) or _decimal(after)


def _decimal(neighbours: str) -> bool:
    return neighbours[:1] == "." and neighbours[1:].isdigit()
