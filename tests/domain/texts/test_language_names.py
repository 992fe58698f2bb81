"""Which names of languages are understood."""

from __future__ import annotations

import pytest

from bot.domain.texts.catalog import Language, named_language


@pytest.mark.parametrize(
    ("typed", "language"),
    [
        ("pt", Language.PORTUGUESE),
        ("PT-br", Language.PORTUGUESE),
        ("pt_BR", Language.PORTUGUESE),
        ("ptbr", Language.PORTUGUESE),
        ("Português", Language.PORTUGUESE),
        ("portuguese", Language.PORTUGUESE),
        (" en ", Language.ENGLISH),
        ("en-US", Language.ENGLISH),
        ("en_gb", Language.ENGLISH),
        ("inglês", Language.ENGLISH),
        ("ENGLISH", Language.ENGLISH),
        ("es", None),
        ("", None),
        ("pt pt", None),
    ],
)
def test_a_language_is_named_in_either_language(typed: str, language: Language | None) -> None:
    """Codes and names, with or without accents and capitals."""
    assert language == named_language(typed)
