"""What somebody wants who types neither an IDMSG nor a command, by the words of the language files.

The words of all languages count, whatever the language of the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from bot.domain.input.commands import Command
from bot.domain.input.message_id import folded
from bot.domain.input.query import DidYouMean, Nothing, Run
from bot.domain.input.words import CODE_OR_RESULT
from bot.domain.texts.catalog import Catalog
from bot.domain.texts.dictionary import is_name

# The longest words that are said decide; of equally long ones, the first in this order.
_RUN: Final = ("help", "watches", "bulk", "health", "whoami", "lang")
# Those without a command.
NOTED: Final = ("watch", "share", "idmsg", "phone", "thanks", "fine", "greeting")
INTENTS: Final = (*_RUN, *NOTED)
# They are said beside anything else.
_SOCIAL: Final = ("thanks", "fine", "greeting")
_WORD: Final = re.compile(
    r":[0-9a-z_+-]+:|[^\W_]+(?:[':.][^\W_]+)*|[^\w\s.,;:!?'\"()\u201c\u201d*`~<>/-]"
)


def understood(
    query: Nothing | DidYouMean, catalogs: Sequence[Catalog]
) -> Run | Nothing | DidYouMean:
    """The command that answers it, or what it says, as the `intent`; no word of these is a slip."""
    if isinstance(query, DidYouMean):
        line = f"{query.word} {query.suggestion.partition(' ')[2]}"
        meant = understood(Nothing(said=line), catalogs)
        return query if meant == Nothing() else meant
    words = {name: _phrases(name, catalogs) for name in ("asks", "code", *INTENTS)}
    said = _words(query.said)
    beside = {word for name in ("asks", *_SOCIAL) for phrase in words[name] for word in phrase}
    left = [word for word in said if word not in beside]
    codes = [word for word in said if CODE_OR_RESULT.fullmatch(word)]
    # Also as a whole, because in "no answer" there is a "no"; but "OK" alone is not code 200.
    wholes = (said, left) if left else ()
    terms = (" ".join(one for one in some if one not in codes) for some in wholes)
    name = next((term for term in terms if is_name(term, catalogs)), "")
    if codes and (name or _are_asked(codes, said, left, words["code"])):
        return Run(command=Command.EXPLAIN, argument=" ".join(codes), assumed=True)
    if name:
        return Run(command=Command.EXPLAIN, argument=name)
    # "OK, but the customer got no call" is no farewell.
    open_to = [name for name in INTENTS if name != "fine" or not left]
    length, intent = max(
        ((_longest(words[name], said), name) for name in open_to), key=lambda one: one[0]
    )
    if length and intent in _RUN:
        return Run(command=Command(intent))
    return replace(query, intent=intent if length else "")


def _words(text: str) -> list[str]:
    return _WORD.findall(folded(text.replace("\u2019", "'")))


def _phrases(name: str, catalogs: Iterable[Catalog]) -> list[list[str]]:
    return [_words(one) for each in catalogs for one in each.say(f"intent.{name}").split(", ")]


def _are_asked(
    codes: Sequence[str], said: Sequence[str], left: Sequence[str], labels: Sequence[Sequence[str]]
) -> bool:
    """Whether they are codes: nothing else is said, or one has the form, or is called a code."""
    called = {after for before, after in pairwise(said) if [before] in labels}
    return {*left} <= {*codes} or any(":" in one or one in called for one in codes)


def _longest(phrases: Iterable[Sequence[str]], said: Sequence[str]) -> int:
    """The number of words of the longest phrase that is said; 0 if none is."""
    text = f" {' '.join(said)} "
    return max((len(one) for one in phrases if f" {' '.join(one)} " in text), default=0)
