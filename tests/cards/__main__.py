"""`python -m tests.cards`: write the snapshot of every card anew."""

from __future__ import annotations

from bot.domain.texts.catalog import Language
from tests.cards import path_of, snapshot

for language in Language:
    path_of(language).write_text(snapshot(language), encoding="utf-8")
