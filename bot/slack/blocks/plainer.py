"""Plainer forms of a message or view, for when Slack refuses its blocks.

Each form keeps the words: a message becomes paragraphs, then text without blocks; a view becomes
paragraphs, with its inputs. Buttons are lost, since any of them may be what Slack refuses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bot.domain.privacy import shorten
from bot.slack.blocks.block_kit import (
    MESSAGE_TEXT_LIMIT,
    Block,
    code_span,
    escape,
    section,
)

Arguments = dict[str, Any]

# Interactive elements, which have no text worth reading.
_CONTROLS: Final = frozenset({"actions", "button", "static_select", "divider"})
# Their parts are in one line; those of other blocks are below each other.
_LINES: Final = frozenset({"rich_text_section", "rich_text_quote"})
# The second time shows whether the form or the place is at fault.
_MOST_REFUSALS: Final = 2


@dataclass(slots=True, kw_only=True)
class Forms:
    """The forms of one answer that are still worth a call, wherever it is sent.

    Slack may refuse a form because of the place, with a code that we do not know. So the next place
    gets the best form again, but no place gets a form that two have refused, except for the last.
    What replaces a plain message is as plain at first: a response URL accepts five posts in all.
    """

    _refused: Counter[int] = field(default_factory=Counter)
    _tried: int = 0
    _best: int = 0

    def of(self, arguments: Mapping[str, Any]) -> Iterator[Arguments]:
        """These arguments and their plainer forms; asking for the next one means a refusal."""
        at_first = not self._best and self._refused[0] < _MOST_REFUSALS
        if at_first:
            # Mostly it is accepted, and the other forms are never made.
            self._tried = 0
            yield dict(arguments)
            self._refused[0] += 1
        forms = [dict(arguments), *plainer(arguments)]
        last = len(forms) - 1
        best = min(self._best, last)
        for number in (*range(best or int(at_first), last + 1), *range(best)):
            if self._refused[number] < _MOST_REFUSALS or number == last:
                self._tried = number
                yield forms[number]
                self._refused[number] += 1

    def accepted(self) -> None:
        """Note that Slack accepted the form that was tried last."""
        self._best = self._tried


def plainer(arguments: Mapping[str, Any]) -> list[Arguments]:
    """The plainer forms of a message or view, the better one first; none if it is plain.

    Args:
        arguments: of a method, or the body of a post to a response URL.
    """
    view, blocks = arguments.get("view"), arguments.get("blocks")
    if isinstance(view, dict):
        plain = {**view, "blocks": _paragraphs(view["blocks"])}
        return [{**arguments, "view": plain}] if plain != view else []
    if not blocks:
        return []
    paragraphs = _paragraphs(blocks)
    forms = [{**arguments, "blocks": paragraphs}] if paragraphs not in ([], blocks) else []
    bare = {**arguments, "text": _bare(paragraphs) or arguments.get("text", "")}
    del bare["blocks"]
    if "ts" in arguments:
        # chat.update leaves the blocks that it is not given.
        bare["blocks"] = []
    return [*forms, bare]


def _paragraphs(blocks: Sequence[Block]) -> list[Block]:
    """The inputs unchanged, and one paragraph for each other block that has words."""
    plain: list[Block] = []
    for block in blocks:
        if block["type"] == "input":
            plain.append(block)
        elif words := _words(block):
            # A notice is recognised by the `block_id`.
            name = {"block_id": block["block_id"]} if "block_id" in block else {}
            plain.append(section(words) | name)
    return plain


def _bare(paragraphs: Sequence[Block]) -> str:
    """The text of these paragraphs; of long ones the ends are cut, and none is left out."""
    texts = [block["text"]["text"] for block in paragraphs]
    room = MESSAGE_TEXT_LIMIT - len(texts)
    shortest_first = sorted(range(len(texts)), key=lambda one: len(texts[one]))
    for number, one in enumerate(shortest_first):
        texts[one] = shorten(texts[one], room // (len(texts) - number))
        room -= len(texts[one])
    return "\n".join(texts)


def _words(part: Any) -> str:
    """The words of a block or of its parts as mrkdwn."""
    kind = part.get("type")
    if kind in _CONTROLS:
        return ""
    if "rows" in part:
        rows = [" · ".join(escape(cell["text"]) for cell in row) for row in part["rows"]]
        return "\n".join([escape(part.get("caption", "")), *rows]).strip()
    text = part.get("text")
    if isinstance(text, str):
        if part.get("style", {}).get("code"):
            return f"`{code_span(text)}`"
        return text if kind == "mrkdwn" else escape(text)
    parts = [*([text] if text else []), *part.get("fields", ()), *part.get("elements", ())]
    words = [_words(one) for one in parts]
    if kind == "rich_text_preformatted":
        return "```{}```".format("".join(words).replace("`", "'"))
    return "".join(words) if kind in _LINES else "\n".join(filter(None, words))
