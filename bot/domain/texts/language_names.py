"""Which language a word names: the one place that reads `pt`, `pt_BR`, `en-US` or `Português`.

What an admin sets, what an option says and what a person types after `lang` are read alike.
"""

from __future__ import annotations

from typing import Final

from bot.domain.texts.catalog import Language
from bot.domain.texts.dictionary import folded

_NAMES: Final = {
    "en": Language.ENGLISH,
    "en-us": Language.ENGLISH,
    "en-gb": Language.ENGLISH,
    "english": Language.ENGLISH,
    "ingles": Language.ENGLISH,
    "pt": Language.PORTUGUESE,
    "pt-br": Language.PORTUGUESE,
    "ptbr": Language.PORTUGUESE,
    "portuguese": Language.PORTUGUESE,
    "portugues": Language.PORTUGUESE,
}


def named_language(text: str) -> Language | None:
    """The language that a word or a locale names, in either language; `None` if it names none.

    Case, accents and the choice between hyphen and underscore do not matter.
    """
    return _NAMES.get(folded(text.strip()).replace("_", "-"))
