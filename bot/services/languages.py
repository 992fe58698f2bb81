"""Which language a person is answered in.

A person's own choice goes before the bot's setting. Choices are kept in memory, so they end with
the process; the phrases that confirm a choice say so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cachetools import LRUCache

from bot.domain.catalog import Catalog, Language
from bot.domain.language_names import named_language

_MOST_CHOICES: Final = 10_000


class Languages:
    """The catalogs, and who chose which."""

    def __init__(self, *, default: Language, load: Callable[[Language], Catalog]) -> None:
        self._default = default
        self._load = load
        self._choices: LRUCache[tuple[str, str], Language] = LRUCache(_MOST_CHOICES)

    def catalog_for(self, team: str, user: str) -> Catalog:
        """The catalog in which this person is answered."""
        return self._load(self._choices.get((team, user), self._default))

    def public_catalog(self) -> Catalog:
        """The catalog for what a whole channel reads."""
        return self._load(self._default)

    def choose(self, team: str, user: str, wanted: str) -> Catalog | None:
        """Remember a choice such as "pt", "pt-BR", "English"; `None` if it names no language."""
        language = named_language(wanted)
        if language is None:
            return None
        self._choices[team, user] = language
        return self._load(language)
