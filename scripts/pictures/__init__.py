"""The pictures in the documentation: cards from the gallery, rendered by a real Chromium.

Pictures differ between machines with different fonts, so they cannot be compared byte by byte.
Instead, a digest of each card's content is stored with them, and a test fails if it has changed.
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

# By picture name: the exhibit and the language.
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
    """The SHA-256 of each card's current content."""
    shown = {(one.id, one.language): one.as_json() for one in exhibits()}
    return {name: _digest(shown[exhibit]) for name, exhibit in CARDS.items()}


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
