"""The readable texts of a Slack message, for any payload."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.blocks.block_kit import plain_text
from bot.slack.lookups.message_text import MAX_NODES, MAX_TEXT, texts_of

REAL = "MPG000236180474"


def read(message: Any) -> list[str]:
    """All texts of a payload."""
    return list(texts_of(message))


def mrkdwn(text: str) -> dict[str, Any]:
    """A text object."""
    return {"type": "mrkdwn", "text": text}


def inline(*elements: dict[str, Any], kind: str = "rich_text_section") -> dict[str, Any]:
    """One run of a rich text."""
    return {"type": kind, "elements": list(elements)}


def rich(*elements: dict[str, Any]) -> dict[str, Any]:
    """A block of rich text."""
    return {"type": "rich_text", "elements": list(elements)}


def styled(text: str) -> dict[str, Any]:
    """A piece of rich text."""
    return {"type": "text", "text": text, "style": {"code": True}}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("olá <@U012ABCDEF> e <@U012ABCDEF|maria>", "olá  e @maria"),
        ("<#C012ABCDEF> <#C012ABCDEF|> <#C012ABCDEF|geral>", "  #geral"),
        ("<!here> <!subteam^S012ABCDEF> <!subteam^S012ABCDEF|@suporte>", "  @suporte"),
        ("<!date^1700000000^{date}^https://example.com|14/11/2023>", "14/11/2023"),
        ("<https://example.com/1|aqui> <https://example.com/2>", "aqui https://example.com/2"),
        (
            "<tel:+5511987654321|11 98765-4321> <mailto:a@example.com>",
            "11 98765-4321 a@example.com",
        ),
        ("a &lt;b&gt; &amp;amp;", "a <b> &amp;"),
        ("&lt;@U012ABCDEF&gt;", "<@U012ABCDEF>"),  # typed, no mention
        (f"<{REAL}> <@", f"<{REAL}> <@"),
    ],
)
def test_mark_up_is_taken_off(typed: str, meant: str) -> None:
    """Mentions, channels, groups, dates and links become their label, or are removed."""
    assert meant == plain_text(typed)


@pytest.mark.parametrize(
    ("message", "texts"),
    [
        ({"text": "olá &amp; <@U1> tchau"}, ["olá &  tchau"]),
        ({"text": "a", "blocks": [{"type": "section", "text": mrkdwn("b")}]}, ["a", "b"]),
        (
            {"blocks": [{"type": "section", "fields": [mrkdwn("*IDMSG*\nx"), mrkdwn("b")]}]},
            ["*IDMSG*\nx", "b"],
        ),
        ({"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "h"}}]}, ["h"]),
        (
            {
                "blocks": [
                    {
                        "type": "context",
                        "elements": [
                            mrkdwn("c"),
                            {"type": "image", "image_url": "https://x", "alt_text": "alt"},
                        ],
                    }
                ]
            },
            ["c", "alt"],
        ),
        (
            {
                "blocks": [
                    {
                        "type": "image",
                        "image_url": "https://x",
                        "alt_text": "alt",
                        "title": {"type": "plain_text", "text": "title"},
                    }
                ]
            },
            ["title", "alt"],
        ),
        ({"blocks": [{"type": "markdown", "text": "# md"}]}, ["# md"]),
        (
            {
                "blocks": [
                    {
                        "type": "section",
                        "text": mrkdwn("s"),
                        "accessory": {
                            "type": "button",
                            "text": {"type": "plain_text", "text": "press"},
                            "value": "hidden",
                            "url": "https://hidden",
                        },
                    }
                ]
            },
            ["s", "press"],
        ),
        (
            {
                "blocks": [
                    {
                        "type": "table",
                        "rows": [
                            [{"type": "raw_text", "text": "r1"}, rich(inline(styled("r2")))],
                            [
                                {"type": "raw_number", "value": 12345678910},
                                {"type": "raw_number", "value": 1.5, "text": "1,5"},
                                {"type": "raw_number", "value": 10**5000},
                                {"type": "raw_number", "value": []},
                            ],
                        ],
                    }
                ]
            },
            ["r1", "r2", "12345678910", "1,5"],
        ),
        (
            {
                "attachments": [
                    {
                        "fallback": "fb",
                        "pretext": "pre",
                        "title": "title",
                        "title_link": "https://hidden",
                        "text": "<https://x|label>",
                        "fields": [{"title": "IDMSG", "value": "12345", "short": True}],
                        "footer": "foot",
                        "blocks": [{"type": "section", "text": mrkdwn("inner")}],
                    }
                ]
            },
            ["pre", "title", "label", "IDMSG\n12345", "inner", "fb", "foot"],
        ),
        (
            {
                "attachments": [
                    {"message_blocks": [{"message": {"blocks": [rich(inline(styled("fwd")))]}}]}
                ]
            },
            ["fwd"],
        ),
        (
            {"files": [{"name": f"{REAL}.wav", "title": "Gravação", "id": "F1"}, {"title": "t"}]},
            ["Gravação", "t", f"{REAL}.wav"],
        ),
        ({"user": "U1", "ts": "1.2", "client_msg_id": "x", "metadata": {"text": "no"}}, []),
    ],
)
def test_every_place_is_read(message: dict[str, Any], texts: list[str]) -> None:
    """In reading order; values, URLs and ids that Slack does not show are left out."""
    assert texts == read(message)


def test_rich_text_is_read_in_all_its_forms() -> None:
    """A line is one text, for any styles; links become their label, mentions are removed."""
    section = inline(
        styled("IDMSG: "),
        {"type": "user", "user_id": "U1"},
        styled("123"),
        {"type": "link", "url": "https://x/1", "text": " label"},
        {"type": "link", "url": " https://x/2"},
        {"type": "channel", "channel_id": "C1"},
        {"type": "emoji", "name": "abc12345"},
        {"type": "usergroup", "usergroup_id": "S1"},
        {"type": "broadcast", "range": "here"},
        {"type": "date", "timestamp": 1, "format": "{date}", "fallback": " 1970"},
        {"type": "attachment_mention", "url": "https://x/3", "text": " entity"},
        {"type": "of 2027", "text": " new"},
    )
    listed = {"type": "rich_text_list", "style": "bullet", "elements": [inline(styled("l1"))] * 2}
    block = rich(
        section,
        {**listed, "elements": [*listed["elements"], listed]},
        inline(styled("quote"), kind="rich_text_quote"),
        inline(styled("pre &amp; x"), kind="rich_text_preformatted"),
    )

    line = "IDMSG: 123 label https://x/2 1970 entity new"
    expected = [line, *["l1"] * 4, "quote", "pre & x"]
    assert expected == read({"blocks": [block]})


def test_blocks_in_blocks_are_read() -> None:
    """What a container, a task or a plan holds, in the order of the screen."""
    title = inline(styled("title"))
    child = {"type": "section", "text": mrkdwn("child")}
    box = {"type": "container", "rich_text_title": title, "child_blocks": [child]}
    source = {"type": "url", "url": "https://x/1", "text": "source"}
    task = {"type": "task_card", "title": "task", "output": rich(title), "sources": [source]}
    blocks = [box, {"type": "plan", "title": "plan", "tasks": [task | {"details": rich()}]}]

    assert ["title", "child", "plan", "task", "title", "source"] == read({"blocks": blocks})


def nested(depth: int, key: str, kind: str | None = None, *, listed: bool = True) -> Any:
    """A value nested in itself."""
    inside: Any = {"text": REAL}
    for _ in range(depth):
        inside = {key: [inside] if listed else inside, **({"type": kind} if kind else {})}
    return inside


def test_depth_is_bounded() -> None:
    """Nesting beyond Python's recursion limit gives less text, and no error."""
    keys = ("blocks", "elements", "attachments", "message", "files", "rows")
    kinds = (None, "rich_text", "rich_text_section", "raw_text", "text")
    forms = [*product(keys, kinds, (True, False))]

    assert [] == [
        (key, kind, listed)
        for key, kind, listed in forms
        if read(nested(2_000, key, kind, listed=listed))
    ]


def test_lists_in_lists_are_bounded() -> None:
    """Neither deep nor circular lists raise an error."""
    circle: list[Any] = ["a"]
    circle.append(circle)

    assert 1 < len(read({"blocks": circle})) < MAX_NODES
    assert ["a"] == read(nested(5, "attachments") | {"text": "a", "attachments": None})


def test_shallow_nesting_is_read() -> None:
    """Slack's own nesting is far within the limit."""
    assert [REAL] == read(nested(10, "blocks"))


@pytest.mark.parametrize(
    "message",
    [
        None,
        3,
        [],
        {"text": 3, "blocks": "", "attachments": {"text": None}, "files": 7},
        {"blocks": [None, 1, [2], {"type": ["x"]}, {"type": {}, "text": b"bytes"}]},
        {"blocks": [inline(), {"type": "rich_text_section", "elements": 5}]},
        {"blocks": [{"type": "rich_text_section", "elements": [None, {"type": []}, "x"]}]},
        {"blocks": [inline({"type": "text", "text": 5}, {"type": "link", "url": None})]},
        {"attachments": [{"fields": [{"title": 1, "value": []}]}]},
        {"files": [None, {"name": 5}, "", []]},
        {"text": " \n "},
    ],
)
def test_wrong_types_give_nothing(message: Any) -> None:
    """And raise no error."""
    assert [] == read(message)


json_like = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(["text", "elements", "blocks", "rows", "value", "files", "name"])
            | st.just("attachments"),
            inner,
            max_size=4,
        ),
        st.builds(
            lambda kind, inside: {"type": kind, "elements": inside, "text": inside},
            st.sampled_from(["rich_text_section", "raw_text", "raw_number", "link", "date"]),
            inner,
        ),
    ),
    max_leaves=20,
)


@given(json_like)
def test_any_payload_gives_texts(message: Any) -> None:
    """For any JSON: the texts are not empty."""
    assert all(text.strip() for text in read(message))


@given(st.text())
def test_any_text_loses_its_mark_up_without_error(text: str) -> None:
    """And does not get longer."""
    assert len(plain_text(text)) <= len(text)


def test_length_is_bounded_between_words() -> None:
    """A huge message is read up to the limit; no id is cut in two."""
    filler = "x " * (MAX_TEXT // 2 - 5)

    assert [filler.strip()] == read({"text": filler + REAL})
    assert [filler.strip(), "MPG0001"] == read({"text": filler, "attachments": ["MPG0001", REAL]})
    assert MAX_TEXT >= sum(map(len, read({"blocks": ["abc " * 1000] * 100})))


def test_breadth_is_bounded() -> None:
    """Even if all of the many elements are empty."""
    assert [] == read({"blocks": [{}] * (3 * MAX_NODES), "text": ""})
    assert ["a" * MAX_NODES] == read({"blocks": [inline(*[styled("a")] * (3 * MAX_NODES))]})
