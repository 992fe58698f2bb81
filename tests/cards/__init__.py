"""The snapshot of every card of the gallery: the only place of the tests with the bot's sentences.

`en.txt` and `pt-BR.txt` hold what each exhibit shows, and at their end, by name, the phrases that
stand in no card. `make cards` writes them anew; read their diff like code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from bot.demo.gallery import Exhibit, exhibits
from bot.domain.texts.catalog import Catalog, Language, Phrase
from bot.locales import load_catalog

FOLDER: Final = Path(__file__).parent
# The same in every card: Slack's name for the kind of text says it already, or it changes no sight.
_LEFT_OUT: Final = frozenset({"emoji", "verbatim", "expand"})
_INLINE: Final = frozenset({"plain_text", "mrkdwn", "text"})
# In files, below the fields of forms, in the terminal, in the demo: how the names begin.
_IN_NO_CARD: Final = (
    *(
        "sheet.",
        "who.",
        "addressee.",
        "bulk.file.",
        "modal.empty",
        "intent.",
        "outcome_word.",
        "explain.call",
        "problem.empty",
        "outdated.field",
        "bulk.modal.nothing_found",
    ),
    *("list.terminal.", "manifest.", "demo.", "playground."),
)


def path_of(language: Language) -> Path:
    """Where the cards of a language stand."""
    return FOLDER / f"{language}.txt"


def snapshot(language: Language) -> str:
    """Every card of a language, as today's bot makes it, and what stands in none."""
    cards = [_card(one) for one in exhibits() if one.language is language]
    return "\n".join((*cards, *_in_no_card(load_catalog(language))))


def _in_no_card(catalog: Catalog) -> Iterator[str]:
    yield "== in no card"
    for name, phrase in catalog.phrases.items():
        if name.startswith(_IN_NO_CARD):
            yield from (_hang(f"{name}: {text}", "") for text in _forms(phrase))
    yield ""


def _forms(phrase: Phrase) -> Iterator[str]:
    """The texts of a phrase, in plural forms where it has them."""
    yield from (phrase,) if isinstance(phrase, str) else phrase.values()


def _card(exhibit: Exhibit) -> str:
    shown = exhibit.shown
    reader = ", one reader" if shown.ephemeral else ""
    lines = [f"== {exhibit.id} ({shown.surface}{reader})", *_lines(shown.content, 0)]
    return "\n".join(lines) + "\n"


def _lines(node: Any, depth: int) -> Iterator[str]:
    """One line for a block or element, what is in it below; texts keep their line breaks."""
    indent = "  " * depth
    if isinstance(node, list | tuple):
        for one in node:
            yield from _lines(one, depth)
    elif not isinstance(node, Mapping):
        yield f"{indent}{node}"
    else:
        facts = {k: v for k, v in node.items() if k not in _LEFT_OUT and _is_word(v)}
        yield _hang(" ".join(_words(facts)), indent)
        for key, value in node.items():
            if key not in _LEFT_OUT | set(facts):
                if key not in {"blocks", "elements"}:
                    yield f"{indent} {key}:"
                yield from _lines(value, depth + 1)


def _words(facts: Mapping[str, Any]) -> Iterator[str]:
    kind = str(facts.get("type", ""))
    if kind and kind != "text":
        yield kind
    yield from (_word(facts[name]) for name in ("text", "elements") if name in facts)
    for name, value in facts.items():
        if name not in {"type", "text", "elements"}:
            yield f"{name}={_word(value)}"


def _is_word(value: Any) -> bool:
    """Whether a value stands on the line of what it belongs to."""
    if isinstance(value, Mapping):
        return value.get("type") in _INLINE
    return not isinstance(value, list | tuple) or all(map(_is_word, value))


def _word(value: Any) -> str:
    if isinstance(value, list | tuple):
        inside_a_sentence = any("style" in one for one in value if isinstance(one, Mapping))
        return ("" if inside_a_sentence else " ¦ ").join(map(_word, value))
    if not isinstance(value, Mapping):
        return str(value)
    text = str(value["text"])
    return f"<{' '.join(value['style'])}>{text}</>" if "style" in value else text


def _hang(text: str, indent: str) -> str:
    """Further lines of a text hang below its first."""
    return indent + text.replace("\n", f"\n{indent}    ")
