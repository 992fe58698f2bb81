"""Audit entries, and the chain of MACs that shows whether stored entries were changed.

Each process appends to a chain of its own. The MAC of an entry covers its number, its values and
the MAC of the entry before it, so an entry cannot be changed, removed or inserted without the key.
People enter as aliases (keyed hashes): a name can be erased, and the chain stays intact.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, Literal

Action = Literal[
    "lookup",
    "refusal",
    "share",
    "watch",
    "cancel",
    "bulk",
    "stop",
    "language",
    "pages",
    "result",
    "retry",
    "export",
    "erase",
]

# The number of the head that says which chains there are.
ALL: Final = 0

_MOST_PROBLEMS: Final = 10
_ALIAS: Final = "#"
_MOST_ALIASES: Final = 1_000
_VALUES: Final = ("team", "user", "channel", "surface", "action", "idmsg_hash", "outcome", "reason")
# Names of people, and of conversations with one person.
_NAMES: Final = frozenset({"user", "channel"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One action of a user.

    Attributes:
        at: when, aware.
        surface: where they asked, such as "command" or "shortcut".
        idmsg_hash: the keyed hash of the id; of a list, the hashes of several calls in order,
            separated by spaces; `None` where the action is about no call.
        outcome: the result of a look-up; of a list, one for each hash.
        reason: why it was refused, or the error's code.
    """

    at: datetime
    team: str
    user: str
    channel: str
    surface: str
    action: Action
    idmsg_hash: str | None = None
    outcome: str | None = None
    reason: str | None = None

    def calls(self) -> Iterator[AuditEntry]:
        """One entry for each call of a list; any other entry as it is."""
        hashes, outcomes = (self.idmsg_hash or "").split(), (self.outcome or "").split()
        if len(hashes) < 2 or len(hashes) != len(outcomes):  # noqa: PLR2004 - one call, or none
            yield self
            return
        for one, outcome in zip(hashes, outcomes, strict=True):
            yield replace(self, idmsg_hash=one, outcome=outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A place in a chain: the number and the MAC of an entry; by default before the first."""

    number: int = 0
    mac: str = ""


class AuditKey:
    """Makes the MACs and aliases.

    Args:
        hash_key: the key of the installation, from which this one is derived.
    """

    def __init__(self, hash_key: bytes) -> None:
        self._key = hmac.digest(hash_key, b"voicestatus audit", "sha256")
        # The same people ask again and again.
        self.alias = lru_cache(_MOST_ALIASES)(self._alias)

    def __repr__(self) -> str:
        return "<AuditKey>"

    def _alias(self, name: str) -> str:
        """What replaces a name that is erased; an alias stays what it is."""
        if not name or name.startswith(_ALIAS):
            return name
        return _ALIAS + self.seal("name", name)[:32]

    def after(self, link: Link, values: Mapping[str, Any]) -> Link:
        """The link of the next entry of a chain.

        Args:
            link: the one before it.
            values: the fields of the entry, as they are stored.
        """
        number = link.number + 1
        shown = [self.alias(values[name]) if name in _NAMES else values[name] for name in _VALUES]
        moment = values["at"].astimezone(UTC).isoformat()
        return Link(number=number, mac=self.seal(link.mac, number, moment, *shown))

    def seal(self, *values: str | int | None) -> str:
        """The MAC of these values."""
        return hmac.digest(self._key, json.dumps(values).encode(), "sha256").hex()


def is_sound(values: Mapping[str, Any]) -> bool:
    """Whether the values of a stored entry have the types of one, which SQLite does not enforce."""
    texts = all(isinstance(values[name], str | None) for name in _VALUES)
    return texts and isinstance(values["number"], int) and isinstance(values["mac"], str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What is stored of a chain: the link before its first entry, and its last link."""

    chain: int
    before: Link = field(default_factory=Link)
    last: Link = field(default_factory=Link)
    intact: bool = True


@dataclass(slots=True, kw_only=True)
class AuditCheck:
    """What a check of the chains found.

    Attributes:
        entries: how many were checked.
        unchained: how many are of version 0.1.0, before there are chains.
        problems: at most ten, each a part of a sentence.
    """

    entries: int = 0
    unchained: int = 0
    problems: list[str] = field(default_factory=list)

    def report(self, problem: str) -> None:
        """Add a problem."""
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(problem)


def problems_of(heads: dict[int, Head], last: dict[int, Link]) -> Iterable[str]:
    """What is wrong with the heads, given the last link that was found of each chain."""
    chains = heads.get(ALL)
    if heads and (chains is None or not chains.intact):
        yield "the list of chains was changed"
    # The numbers in a list that was changed may be any.
    if chains is not None and chains.intact:
        for number in range(chains.before.number + 1, chains.last.number + 1):
            if number not in heads:
                yield f"chain {number} was removed"
    for chain, head in heads.items():
        if chain == ALL:
            continue
        if not head.intact:
            yield f"the head of chain {chain} was changed"
        elif last[chain] != head.last:
            yield f"the last entries of chain {chain} were removed"
