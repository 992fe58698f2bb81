"""The pictures of the README: cards from the gallery, as a real Chromium draws them.

A picture cannot be compared byte for byte between machines, since each has its own fonts; so a
digest of what every picture shows stands beside them, and a test tells when a card has changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bot.demo.gallery import exhibits
from bot.domain.texts.catalog import Language

FOLDER: Final = Path(__file__).parents[2] / "docs" / "pictures"
DIGESTS: Final = "shown.json"
PLAYGROUND: Final = "playground"

# Each card by the name of its picture: the exhibit, and the language.
CARDS: Final[Mapping[str, tuple[str, Language]]] = {
    "answered": ("answered", Language.ENGLISH),
    "bulk-progress": ("bulk-progress-52", Language.ENGLISH),
    "bulk-report": ("bulk-report", Language.ENGLISH),
    "busy": ("failed-busy", Language.ENGLISH),
    "busy-pt-BR": ("failed-busy", Language.PORTUGUESE),
    "customer": ("customer", Language.ENGLISH),
    "explain": ("explain-603", Language.ENGLISH),
    "gateway-error": ("gateway-850", Language.ENGLISH),
    "home": ("home-later", Language.ENGLISH),
    "list": ("list", Language.ENGLISH),
    "watch": ("watch-notice-in-a-thread", Language.ENGLISH),
}


def digests() -> dict[str, str]:
    """What each card shows today, as SHA-256."""
    shown = {(one.id, one.language): one.as_json() for one in exhibits()}
    return {name: _digest(shown[exhibit]) for name, exhibit in CARDS.items()}


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
