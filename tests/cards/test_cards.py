"""Every card looks as it was last agreed to look."""

from __future__ import annotations

import difflib
from dataclasses import replace
from string import Formatter

import pytest

from bot.commands.explain import page
from bot.demo import studio
from bot.domain.texts.catalog import Language
from bot.domain.texts.dictionary import everything
from tests.cards import path_of, snapshot
from tests.support.wording import EN


@pytest.mark.parametrize("language", list(Language))
def test_every_card_is_the_one_in_the_snapshot(language: Language) -> None:
    """A change of a card is a change of the snapshot: `make cards`, and read its diff."""
    expected = path_of(language).read_text("utf-8").splitlines()
    today = snapshot(language).splitlines()

    difference = difflib.unified_diff(expected, today, "snapshot", "today", lineterm="", n=2)
    assert [] == [*difference][:60]


def test_every_phrase_stands_in_the_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or on the page of all codes: whoever adds one shows it, so that no text changes unseen."""
    marked = replace(EN, phrases={name: f"⟦{name}⟧ {_values(name)}" for name in EN.phrases})
    monkeypatch.setattr(studio, "load_catalog", lambda _: marked)
    seen = snapshot(Language.ENGLISH) + page(everything(marked), marked)

    unseen = [name for name in EN.phrases if f"⟦{name}⟧" not in seen and f"\n{name}:" not in seen]
    assert [] == unseen


def _values(name: str) -> str:
    """What is filled into a phrase, which may be a phrase itself."""
    phrase = EN.phrases[name]
    text = phrase if isinstance(phrase, str) else phrase["other"]
    return " ".join(f"{{{field}}}" for _, field, _, _ in Formatter().parse(text) if field)
