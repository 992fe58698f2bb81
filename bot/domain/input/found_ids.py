"""IDMSGs in text that was not written for this bot: a message, an e-mail, a line of a CSV file.

Finds and judges words without any request. Time grows with the length of the text, whatever its
content.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from bot.domain.input.id_forms import (
    BARE_PHONE,
    GATEWAY_FORM,
    IDENTIFIER,
    MIN_DOUBTFUL,
    SANDBOX,
    SANDBOX_FORM,
    SLACK_ID,
    has_digit,
    might_be_id,
)
from bot.domain.input.message_id import (
    DRESSED_PHONE,
    SEND_PREFIX,
    InvalidMessageIdError,
    MessageId,
)
from bot.domain.input.readable import MAX_READ, readable, whole_ids, whole_words
from bot.domain.input.written_numbers import read_number

MAX_FOUND: Final = 200

_MIN_AFTER_SPACE: Final = 4
_DOTS_OF_AN_ADDRESS: Final = 3

# Between ids that are joined to each other, or to a label.
_JOINT: Final = re.compile(r"(?:(?i:\A(?:idmsgs?|ids?))-|(?<=[0-9])-?)(?=(?i:MPG)[0-9]{5})")
# What was cut or masked: `MPG00023***474`, a character that could not be read.
_DAMAGED: Final = re.compile(r"(?:\*{2,}|\.{2,}|\u2022+|[\x00-\x08\x0e-\x1b\x7f]+)[0-9]|\ufffd")

# Phone numbers as people write them in prose, with any sign before and behind; DRESSED_PHONE knows
# whole words only.
PHONE_IN_PROSE: Final = re.compile(
    r"""(?<![^\W_])(?<![0-9A-Za-z]-)(?:
      \+[0-9](?:[\s().-]{0,2}[0-9]){7,14}
    | \([0-9]{2,3}\)\s{0,2}[0-9][0-9\s.-]{5,12}[0-9]
    | (?:[0-9]{2}[\s.-]{1,3}){0,2}[0-9]{4,5}-[0-9]{4}
    | (?:55[\s.-]{1,3})?[1-9]{2}[\s.-]{1,3}(?:9[\s.-]?[0-9]{4}|[2-5][0-9]{3})[\s.-]?[0-9]{4}
    )(?!-?[^\W_])""",
    re.VERBOSE,
)

# Numbers as spreadsheets write them: 236180474,00, 236.180.474, 236'180'474, 2,3618E+11.
WRITTEN: Final = re.compile(
    r"""(?<![^\s,;|("'`])(?:
      [0-9](?:[.,][0-9]+[Ee][+-]?|[Ee][+-])[0-9]{1,3}
    | [0-9]{1,3}(?:(?:\.[0-9]{3})+(?:,0{1,2})?|(?:,[0-9]{3})+\.0{1,2}|(?:['\u2019][0-9]{3}){2,})
    | [0-9]++[.,](?:[0-9]{1,2}|0{3,})
    )(?![^\s,;|)"'`])""",
    re.VERBOSE,
)

# The id after `id:`; any character that ends a word in prose, JSON, CSV, XML or a URL query ends
# it.
_VALUE: Final = (
    r"""(?=[^\W_])(?!(?i:id(?:msgs?)?)\b)(?!\w+://)[^\s"'`<>(){}\[\],;|&?\#\u2018-\u201d«»]++"""
)
_DRESS: Final = r"""["'`*_~\u2018-\u201d«(\[]{0,4}"""

_NO_FORM: Final = rf"(?!(?:{SEND_PREFIX})?{GATEWAY_FORM}(?!-?[^\W_]))"
# The end of such a word is found in a second step, so that a long one is never scanned twice.
_WORDS: Final = rf"""
      (?<![^\W_])(?P<sandbox>{SANDBOX_FORM})
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

_FORCED: Final = re.compile(r"id:", re.IGNORECASE)
_PART_OF_A_PATH: Final = frozenset("/\\%@")
_MARKED: Final = _PART_OF_A_PATH | frozenset("+$#^\ufffd")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundIds:
    """The ids in a text, each once, in order of appearance.

    Attributes:
        ids: words in the form of an IDMSG, or called one in the text.
        doubtful: words that may be an IDMSG or anything else; the user decides.
        more: the texts have more of them than `MAX_FOUND`, or are longer than what is read.
    """

    ids: tuple[MessageId, ...] = ()
    doubtful: tuple[str, ...] = ()
    more: bool = False


def find_ids(
    texts: Iterable[str], *, shortest: int = MIN_DOUBTFUL, most: int = MAX_READ
) -> FoundIds:
    """Find IDMSGs in texts; a word never continues in the next text.

    At most `MAX_FOUND` of each sort are found.

    Args:
        texts: as people sent them, without Slack's markup.
        shortest: the length of the shortest doubtful word.
        most: how many characters are read, of all texts together.
    """
    ids: dict[MessageId, None] = {}
    doubtful: dict[str, None] = {}
    reading = _Reading(texts, shortest=shortest, most=most)
    for word, certain in reading.words():
        try:
            identifier = MessageId(word)
        except InvalidMessageIdError:
            continue
        if certain:
            ids[identifier] = None
        elif len(doubtful) <= MAX_FOUND:
            doubtful[word] = None
        if len(ids) > MAX_FOUND:
            break
    known = {identifier.value for identifier in ids}
    return FoundIds(
        ids=tuple(ids)[:MAX_FOUND],
        doubtful=tuple(word for word in doubtful if word not in known)[:MAX_FOUND],
        more=reading.cut or len(ids or doubtful) > MAX_FOUND,
    )


class _Reading:
    """Reads texts up to `most` characters; `cut` says whether there was more."""

    def __init__(self, texts: Iterable[str], *, shortest: int, most: int) -> None:
        self._texts = texts
        self._shortest = shortest
        self._most = most
        self.cut = False

    def words(self) -> Iterator[tuple[str, bool]]:
        """The words that may be IDMSGs, each with whether it is certain."""
        room = self._most
        seen: set[str] = set()
        for given in self._texts:
            # Slack repeats the text of a message in its blocks.
            text = "" if given.strip() in seen else given
            seen.add(given.strip())
            if room <= 0:
                self.cut = True
                return
            # Cut before the work, and again after it because one character can become eighteen.
            plain = readable(whole_words(text, room), most=room + 1)
            self.cut |= max(len(text), len(plain)) > room
            # A semicolon ends a word, and a label finds nothing after it.
            joined = whole_ids(whole_words(plain, room))
            whole = WRITTEN.sub(_in_digits, joined)
            yield from _scan(DRESSED_PHONE.sub(";", PHONE_IN_PROSE.sub(";", whole)), self._shortest)
            room -= max(1, len(text), len(plain))


def _in_digits(written: re.Match[str]) -> str:
    """A long number as a spreadsheet writes it, in digits; nothing of one that it rounded."""
    number = read_number(written[0])
    if number is None or written[0].count(".") == _DOTS_OF_AN_ADDRESS:
        return written[0]
    if number.rounded:
        return ";"
    return number.digits if len(number.digits) >= MIN_DOUBTFUL else written[0]


def _scan(text: str, shortest: int) -> Iterator[tuple[str, bool]]:
    for match in _SCAN.finditer(text):
        kind = match.lastgroup
        # A certain word, `MPG12345`, is not shorter than a doubtful one.
        if kind is None or (kind == "word" and match.end() - match.start() < shortest):
            continue
        if kind == "address":
            yield from _scan_address(match[0])
        else:
            yield from _judge(match, shortest)


def _scan_address(address: str) -> Iterator[tuple[str, bool]]:
    """The certain ids in a URL or an e-mail address, also in a URL inside a URL."""
    for match in _SCAN_ADDRESS.finditer(unquote(unquote(address))):
        found = _judge(match, MIN_DOUBTFUL)
        yield from ((word, certain) for word, certain in found if certain)


def _judge(match: re.Match[str], shortest: int) -> Iterator[tuple[str, bool]]:
    kind, after = match.lastgroup, match.string[match.end() : match.end() + 1]
    if kind in {"labelled", "prose"} and (named := SANDBOX.match(match["labelled"])):
        yield named[0], named[0].startswith("SANDBOX")
    elif kind == "said" or (kind in {"labelled", "prose"} and _is_named(match)):
        yield from _judge_named(match)
    elif kind == "sandbox" and not after.isalnum():
        yield match[0], match[0].startswith("SANDBOX")
    elif kind == "word" and not after.isalnum():
        yield from _judge_word(match, shortest)


def _is_named(match: re.Match[str]) -> bool:
    """Whether the word after `IDMSG` and a blank is an id; in `IDMSG not found` it is not."""
    digits = has_digit(match["labelled"])
    if match["mark"]:
        return digits or match["prose"] is None
    return digits and len(match["labelled"]) >= _MIN_AFTER_SPACE


def _judge_named(match: re.Match[str]) -> Iterator[tuple[str, bool]]:
    named = match["said"] or match["labelled"]
    word = named.rstrip(".:!*_~-").removeprefix(SEND_PREFIX)
    # Only `id:` makes an id of a word without a digit.
    if SLACK_ID.fullmatch(word) or not (_FORCED.match(match[0]) or has_digit(word)):
        return
    yield word, not BARE_PHONE.fullmatch(word)


def _judge_word(match: re.Match[str], shortest: int) -> Iterator[tuple[str, bool]]:
    word, end = match["word"], match.end()
    parts = [part for part in _JOINT.split(word) if part]
    if all(map(IDENTIFIER.fullmatch, parts)):
        if not _DAMAGED.match(match.string, end):
            yield from ((part, True) for part in parts)
    elif might_be_id(word, shortest) and not _belongs_to_more(match):
        yield word, False


def _belongs_to_more(match: re.Match[str]) -> bool:
    """Whether the word is a part of a path, an address, a decimal number or an amount."""
    text, start, end = match.string, match.start(), match.end()
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if not _MARKED.isdisjoint(before[-1:]) or not _PART_OF_A_PATH.isdisjoint(after[:1]):
        return True
    return _decimal(before[::-1]) or _decimal(after)


def _decimal(neighbours: str) -> bool:
    return neighbours[:1] == "." and neighbours[1:].isdigit()
