"""Plainer forms: they keep the words of a message, and each block of it."""

from __future__ import annotations

from typing import Any, Final

import pytest

from bot.demo.gallery import exhibits
from bot.demo.studio import Surface
from bot.slack.blocks.block_kit import (
    MESSAGE_TEXT_LIMIT,
    Block,
    actions,
    bold,
    button,
    code,
    context,
    header,
    line,
    plain,
    preformatted,
    rich_text,
    section,
)
from bot.slack.blocks.plainer import Forms, plainer

CELLS: Final = [
    [{"type": "raw_text", "text": "No."}, {"type": "raw_text", "text": "IDMSG"}],
    [{"type": "raw_number", "value": 1, "text": "1"}, {"type": "raw_text", "text": "<MPG>"}],
]
BUTTONS: Final = actions("row", [button("go", "Go")])


def message(*blocks: Block, **more: Any) -> dict[str, Any]:
    """The arguments of a message."""
    return {"channel": "C1", "text": "fallback", "blocks": [*blocks], **more}


@pytest.mark.parametrize(
    ("block", "words"),
    [
        (header("a < b"), "a &lt; b"),
        (section("*a* &lt; b"), "*a* &lt; b"),
        (context(["a", "b"]), "a\nb"),
        (
            rich_text(line(code("A`1"), bold("  busy"), plain("\n<now>"))),
            "`A'1`  busy\n&lt;now&gt;",
        ),
        (rich_text(line(plain("to")), preformatted("a`\nb & c")), "to\n```a'\nb &amp; c```"),
        ({"type": "table", "rows": CELLS}, "No. · IDMSG\n1 · &lt;MPG&gt;"),
        (
            {"type": "data_table", "caption": "all", "rows": CELLS},
            "all\nNo. · IDMSG\n1 · &lt;MPG&gt;",
        ),
        ({"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}]}, "x"),
    ],
)
def test_the_words_of_each_block_stay(block: Block, words: str) -> None:
    """As a paragraph beside others, then as text alone; buttons are lost."""
    paragraphs, bare = plainer(message(block, section("end"), BUTTONS))

    assert [section(words), section("end")] == paragraphs["blocks"]
    assert ({"channel": "C1", "text": f"{words}\nend"}) == bare


def test_a_block_keeps_its_name() -> None:
    """A notice is recognised by it; a row of buttons has none any more."""
    named = header("x") | {"block_id": "notice"}

    assert [section("x") | {"block_id": "notice"}] == plainer(message(named, BUTTONS))[0]["blocks"]


def test_what_is_plain_already_becomes_text() -> None:
    """And text without blocks has no plainer form."""
    (bare,) = plainer(message(section("x")))

    assert ({"channel": "C1", "text": "x"}, []) == (bare, plainer(bare))


def test_blocks_without_words_leave_the_text() -> None:
    """No message is sent empty."""
    assert [{"channel": "C1", "text": "fallback"}] == plainer(message(BUTTONS))


def test_an_update_clears_the_blocks() -> None:
    """chat.update leaves what it is not given."""
    assert [[section("x")], []] == [one["blocks"] for one in plainer(message(header("x"), ts="1"))]


def test_of_a_long_message_no_paragraph_is_left_out() -> None:
    """The long ones are cut, and the short ones are whole."""
    blocks = [section(f"{number} {'x' * 2_000}") for number in range(4)]
    *_, bare = plainer(message(*blocks, section("the end")))

    lines = bare["text"].split("\n")
    assert ["0", "1", "2", "3", "the"] == [one.split(" ")[0] for one in lines]
    assert "the end" == lines[-1]
    assert MESSAGE_TEXT_LIMIT - 5 <= len(bare["text"]) <= MESSAGE_TEXT_LIMIT


def test_a_view_keeps_its_inputs() -> None:
    """What a person typed is not lost, nor what the submission carries."""
    field = {"type": "input", "block_id": "ids", "label": {}, "element": {}}
    view = {"type": "modal", "private_metadata": "x", "blocks": [header("a"), BUTTONS, field]}

    (plain_view,) = plainer({"view_id": "V1", "view": view})
    assert {"view_id": "V1", "view": view | {"blocks": [section("a"), field]}} == plain_view
    assert [] == plainer(plain_view)


def test_arguments_without_a_message_have_no_plainer_form() -> None:
    """Such as those of chat.getPermalink."""
    assert [] == plainer({"channel": "C1", "message_ts": "1.1"})


def test_the_plain_forms_of_every_card_say_which_call_is_which() -> None:
    """Each id in a card of the gallery is in both plainer forms of it."""
    offenders = []
    for one in exhibits():
        if one.shown.surface is not Surface.MESSAGE:
            continue
        content = dict(one.shown.content)
        shown = [block for block in content["blocks"] if block["type"] == "rich_text"]
        ids = {
            element["text"]
            for block in shown
            for part in block["elements"]
            for element in part["elements"]
            if element.get("style", {}).get("code") and element["text"].startswith("MPG")
        }
        lost = [form for form in plainer(content) if any(idmsg not in str(form) for idmsg in ids)]
        offenders += [(one.id, one.language)] * len(lost)
    assert [] == offenders


def taken(forms: Forms, arguments: dict[str, Any], accepts: int) -> list[int]:
    """The numbers of the forms that are tried until one is accepted."""
    every = [arguments, *plainer(arguments)]
    tried = []
    for form in forms.of(arguments):
        tried.append(every.index(form))
        if tried[-1] == accepts:
            forms.accepted()
            break
    return tried


def test_a_form_that_two_places_refuse_is_not_tried_again() -> None:
    """Except the last one, without which nothing would arrive."""
    forms = Forms()
    tried = [taken(forms, message(header("x"), channel=f"C{place}"), 3) for place in range(4)]

    assert [[0, 1, 2], [0, 1, 2], [2], [2]] == tried


def test_a_form_that_was_not_refused_is_tried_everywhere() -> None:
    """A place that is closed says nothing about the form."""
    forms = Forms()
    tried = [taken(forms, message(header("x"), channel=f"C{place}"), 0) for place in range(4)]

    assert [[0]] * 4 == tried


def test_what_replaces_a_plain_message_is_as_plain() -> None:
    """The better forms are only tried again if no plainer one is accepted."""
    forms = Forms()
    tried = [taken(forms, message(header("x")), accepts) for accepts in (1, 1, 3, 3)]

    assert [[0, 1], [1], [1, 2, 0], [1, 2]] == tried
    assert [0] == taken(forms, {"channel": "C1", "text": "x"}, 3)
