"""The Block Kit renderer in a real browser: each block type, and hostile texts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from bot.demo.playground.serving import running_playground
from bot.domain.texts.catalog import Language
from tests.browser.visitors import Visitor, Visitors, label, script

DRAW: Final = script("draw.js")
MRKDWN: Final = """
async (text) => {
  const { mrkdwn } = await import('/page/mrkdwn.js');
  const people = { U1: { name: 'ana' } }, rooms = [{ id: 'C1', name: 'support' }];
  const place = document.createElement('div');
  place.append(mrkdwn(text, { language: 'en', people, rooms }));
  return place.innerHTML;
}
"""
OUTWARD: Final = 'target="_blank" rel="noopener noreferrer"'
READINGS: Final = [
    ("*bold* and _italic_ and ~struck~", "<b>bold</b> and <i>italic</i> and <s>struck</s>"),
    ("*bold with _italic_ in it*", "<b>bold with <i>italic</i> in it</b>"),
    ("2*3*4 and snake_case_name", "2*3*4 and snake_case_name"),
    ("* not bold *", "* not bold *"),
    ("(*bold*), *too*.", "(<b>bold</b>), <b>too</b>."),
    ("`*code*` stays", "<code>*code*</code> stays"),
    ("```\na *b*\n```", '<pre class="boxed">a *b*\n</pre>'),
    ("one\ntwo", "one<br>two"),
    (
        "&gt; quoted\n&gt; more\nnot",
        "<blockquote><div>quoted</div><div>more</div></blockquote>not",
    ),
    ("&lt;b&gt; &amp;amp;", "&lt;b&gt; &amp;amp;"),
    ("<b>no element</b>", "<span>b</span>no element<span>/b</span>"),
    (":white_check_mark: :no_such:", "✅ :no_such:"),
    ("12:30:45", "12:30:45"),
    ("<@U1> <@U9|eve>", '<span class="mention">@ana</span> <span class="mention">@eve</span>'),
    (
        "<#C1> <#C9|other>",
        '<span class="mention">#support</span> <span class="mention">#other</span>',
    ),
    (
        "<!here> <!subteam^S1|@team>",
        '<span class="mention">@here</span> <span class="mention">@team</span>',
    ),
    (
        "<https://example.com/?a=1&amp;b=2|a &amp; b>",
        f'<a href="https://example.com/?a=1&amp;b=2" {OUTWARD}>a &amp; b</a>',
    ),
    ("<javascript:alert(1)|press>", "<span>press</span>"),
    ("<!date^x^{time}|at noon>", '<time title="at noon">at noon</time>'),
]
DATES: Final = """
async () => {
  const { formatted } = await import('/page/dates.js');
  const now = Date.now() / 1000;
  return [
    formatted(now, '{date_short_pretty}', 'en'),
    formatted(now, '{date_pretty}', 'pt-BR'),
    formatted(now - 86400, '{date_long_pretty}', 'en'),
    formatted(1772450000, '{date_short_pretty} {x}', 'en'),
  ];
}
"""
HOSTILE: Final = (
    "<script>window.hit=1</script>",
    '"><img src=x onerror=window.hit=1>',
    "{{x}} ${y}",
)
PRESS: Final = """
async (agrees) => {
  window.agrees = agrees;
  delete window.used;
  document.querySelector('#drawn button').click();
  await new Promise((done) => setTimeout(done));
  return window.used ?? null;
}
"""
ASK_FIRST: Final = """
async (press) => {
  const { askFirst } = await import('/page/dialogs.js');
  const plain = (text) => ({ type: 'plain_text', text });
  const words = { title: 'Sure?', text: 'It is public.', confirm: 'Do', deny: 'No' };
  const confirm = Object.fromEntries(Object.entries(words).map(([k, v]) => [k, plain(v)]));
  const answer = askFirst(confirm, {});
  const dialog = document.querySelector('dialog[aria-label="Sure?"]');
  [...dialog.querySelectorAll('button')].find((one) => one.textContent === press).click();
  return [await answer, dialog.isConnected];
}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def easel(window: Page) -> AsyncIterator[Visitor]:
    """One page for all tests; each drawing replaces the last one."""
    async with (
        running_playground(Language.ENGLISH, 0) as playground,
        Visitors(window, playground, pictures=False) as visitors,
    ):
        yield await visitors.come()


@pytest.fixture
def ana(easel: Visitor) -> Iterator[Visitor]:
    """A visitor of that page, which must have no errors."""
    yield easel
    assert [] == easel.complaints


def plain(text: str) -> dict[str, str]:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


async def drawn(ana: Visitor, *blocks: dict[str, Any]) -> str:
    """The HTML of these blocks."""
    html: str = await ana.ask(DRAW, [list(blocks), {}])
    return html


async def test_mrkdwn_is_read_as_slack_reads_it(ana: Visitor) -> None:
    """Styles, code, quotes, references and entities are rendered; everything else is text."""
    assert READINGS == [(text, await ana.ask(MRKDWN, text)) for text, _ in READINGS]


async def test_a_date_is_written_for_its_reader(ana: Visitor) -> None:
    """Today has a word, older days a date; unknown tokens are unchanged."""
    assert ["today", "hoje", "yesterday", "Mar 2, 2026 {x}"] == await ana.ask(DATES)


async def test_each_block_type_has_its_element(ana: Visitor) -> None:
    """Header, section with fields and accessory, divider, context, actions."""
    html = await drawn(
        ana,
        {"type": "header", "text": plain("A *verdict*")},
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": "*b*"},
            "fields": [plain("f1"), plain("f2")],
        },
        {"type": "divider"},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "`c`"}]},
        {"type": "image", "alt_text": "a graph", "image_url": "https://example.com/x.png"},
    )

    assert "<h3" in html
    assert "A *verdict*" in html
    assert "<b>b</b>" in html
    assert ">f2</div>" in html
    assert "<hr" in html
    assert "<code>c</code>" in html
    assert 'aria-label="a graph"' in html
    assert "<img" not in html


async def test_rich_text_has_all_its_parts(ana: Visitor) -> None:
    """Sections, boxes, quotes and lists; styles; mentions, links and emoji."""
    text = {"type": "text", "text": "x <y>", "style": {"bold": True, "code": True}}
    item = {"type": "rich_text_section", "elements": [{"type": "text", "text": "item"}]}
    runs = [
        text,
        {"type": "user", "user_id": "U1"},
        {"type": "emoji", "name": "x"},
        {"type": "link", "url": "https://example.com", "text": "there"},
    ]
    html = await drawn(
        ana,
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_section", "elements": runs},
                {
                    "type": "rich_text_preformatted",
                    "elements": [{"type": "text", "text": "raw *x*"}],
                },
                {"type": "rich_text_quote", "elements": [{"type": "text", "text": "q"}]},
                {"type": "rich_text_list", "style": "ordered", "offset": 2, "elements": [item]},
            ],
        },
    )

    assert "<code><b>x &lt;y&gt;</b></code>" in html
    assert "@ana" in html
    assert "❌" in html
    assert ">there</a>" in html
    assert 'tabindex="0">raw *x*</pre>' in html
    assert "<blockquote>q</blockquote>" in html
    assert '<ol class="indent-0" start="3"><li>item</li></ol>' in html


async def test_a_table_has_a_head_and_aligned_cells(ana: Visitor) -> None:
    """Cells contain raw texts, numbers and rich text."""
    rich = {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "r"}]}],
    }
    html = await drawn(
        ana,
        {
            "type": "table",
            "column_settings": [{"is_wrapped": True}, {"align": "right"}],
            "rows": [
                [{"type": "raw_text", "text": "IDMSG"}, {"type": "raw_text", "text": "Seconds"}],
                [rich, {"type": "raw_number", "value": 85}],
            ],
        },
    )

    assert '<th class="align-left" scope="col">IDMSG</th>' in html
    assert '<td class="align-right one-line">85</td>' in html
    assert ">r</div>" in html


async def test_a_data_table_is_sorted_by_its_heads_and_shown_in_pages(ana: Visitor) -> None:
    """Its caption names it; numbers are sorted by their value."""
    values = (3, 20, 100)
    html = await drawn(
        ana,
        {
            "type": "data_table",
            "caption": "Calls <b>1</b>",
            "page_size": 2,
            "rows": [
                [{"type": "raw_text", "text": "IDMSG"}, {"type": "raw_text", "text": "Seconds"}],
                *(
                    [
                        {"type": "raw_text", "text": f"id{one}"},
                        {"type": "raw_number", "value": one, "text": f"{one} s"},
                    ]
                    for one in values
                ),
            ],
        },
    )

    assert "<caption>Calls &lt;b&gt;1&lt;/b&gt;</caption>" in html
    assert '<th scope="row" class="one-line">id3</th>' in html
    assert "20 s" in html
    assert "100 s" not in html
    assert "1-2 / 3" in html


async def test_a_button_for_others_is_not_shown(ana: Visitor) -> None:
    """`visible_to_user_ids` is respected."""
    button = {
        "type": "button",
        "action_id": "a",
        "text": plain("Mine"),
        "visible_to_user_ids": ["U1"],
    }
    other = {**button, "action_id": "b", "text": plain("Theirs"), "visible_to_user_ids": ["U2"]}
    html = await drawn(ana, {"type": "actions", "block_id": "row", "elements": [button, other]})

    assert "Mine" in html
    assert "Theirs" not in html


async def test_a_button_with_confirm_asks_first(ana: Visitor) -> None:
    """It is pressed only if the user confirms."""
    confirm = {
        "title": plain("Sure?"),
        "text": plain("It is public."),
        "confirm": plain("Do"),
        "deny": plain("No"),
    }
    button = {
        "type": "button",
        "action_id": "a",
        "text": plain("Share"),
        "value": "v",
        "confirm": confirm,
    }
    await drawn(ana, {"type": "actions", "block_id": "row", "elements": [button]})

    assert await ana.ask(PRESS, given=False) is None
    assert ["a", "row", "v"] == await ana.ask(PRESS, given=True)


async def test_the_question_before_a_button_is_a_dialog(ana: Visitor) -> None:
    """It has the app's texts, and both answers are reported."""
    assert [True, False] == await ana.ask(ASK_FIRST, "Do")
    assert [False, False] == await ana.ask(ASK_FIRST, "No")


async def test_menus_and_boxes_report_the_choice(ana: Visitor) -> None:
    """Overflow, select, radio buttons and checkboxes."""
    options = [{"text": plain(one), "value": one} for one in ("x", "y")]
    elements = [
        {"type": "overflow", "action_id": "more", "options": options},
        {
            "type": "static_select",
            "action_id": "pick",
            "options": options,
            "initial_option": options[0],
        },
        {"type": "radio_buttons", "action_id": "one", "options": options},
        {
            "type": "checkboxes",
            "action_id": "some",
            "options": options,
            "initial_options": options[:1],
        },
    ]
    await drawn(ana, {"type": "actions", "block_id": "row", "elements": elements})
    place = ana.page.locator("#drawn")

    await place.get_by_role("button", name=label("more")).click()
    await place.get_by_role("menuitem", name="y").click()
    assert ["more", "row", "y"] == await ana.ask("() => window.used")
    await place.get_by_role("combobox").select_option("y")
    assert ["pick", "row", "y"] == await ana.ask("() => window.used")
    await place.get_by_role("radio", name="x").check()
    assert ["one", "row", "x"] == await ana.ask("() => window.used")
    await place.get_by_role("checkbox", name="y").check()
    assert ["some", "row", ["x", "y"]] == await ana.ask("() => window.used")


async def test_an_input_has_label_hint_and_initial_value(ana: Visitor) -> None:
    """Screen readers get both; the app's length limit applies."""
    element = {
        "type": "plain_text_input",
        "action_id": "a",
        "multiline": True,
        "initial_value": "MPG1",
        "max_length": 9,
    }
    await drawn(
        ana,
        {
            "type": "input",
            "block_id": "ids",
            "label": plain("IDMSG"),
            "hint": plain("One to ten"),
            "optional": True,
            "element": element,
        },
    )
    box = ana.page.locator("#drawn").get_by_label(f"IDMSG ({label('optional')})")

    assert "MPG1" == await box.input_value()
    assert "9" == await box.get_attribute("maxlength")
    hint, _, _ = (await box.get_attribute("aria-describedby") or "").partition(" ")
    assert "One to ten" == await ana.page.locator(f"#{hint}").text_content()


async def test_an_unknown_block_type_is_shown_as_unknown(ana: Visitor) -> None:
    """The playground names it and renders the other blocks."""
    html = await drawn(ana, {"type": "carousel"}, {"type": "header", "text": plain("after")})

    assert "[carousel]" in html
    assert "after" in html


def everywhere(text: str) -> list[dict[str, Any]]:
    """Blocks with a text in nine places."""
    option = {"text": plain(text), "value": text}
    return [
        {"type": "header", "text": plain(text)},
        {
            "type": "section",
            "text": plain(text),
            "accessory": {"type": "overflow", "action_id": "o", "options": [option]},
        },
        {"type": "section", "text": {"type": "mrkdwn", "text": text.replace("<", "&lt;")}},
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}
            ],
        },
        {
            "type": "actions",
            "elements": [{"type": "button", "action_id": "b", "text": plain(text)}],
        },
        {
            "type": "input",
            "label": plain(text),
            "element": {"type": "static_select", "action_id": "s", "options": [option]},
        },
        {"type": "table", "rows": [[{"type": "raw_text", "text": text}]]},
    ]


async def test_hostile_texts_stay_texts_in_every_place(ana: Visitor) -> None:
    """No text of any block, button, option or label becomes an element."""
    place = ana.page.locator("#drawn")
    for text in HOSTILE:
        await drawn(ana, *everywhere(text))

        assert (text, 9) == (text, (await place.text_content() or "").count(text))
        assert (text, 0) == (text, await place.locator("script, img").count())
        assert (text, None) == (text, await ana.ask("() => window.hit ?? null"))


async def test_a_menu_opens_beside_its_button_and_obeys_the_arrow_keys(ana: Visitor) -> None:
    """It stays within the window, and Escape restores the focus."""
    options = [{"text": plain(one), "value": one} for one in ("x", "y")]
    menu = {"type": "overflow", "action_id": "more", "options": options}
    await drawn(ana, {"type": "section", "block_id": "b", "text": plain("t"), "accessory": menu})
    opener = ana.page.locator("#drawn").get_by_role("button", name=label("more"))
    await opener.focus()
    await ana.page.keyboard.press("Enter")
    focused = ana.page.locator(":focus")

    await expect(focused).to_have_text("x")
    await ana.page.keyboard.press("ArrowUp")
    await expect(focused).to_have_text("y")
    here, there = await ana.page.locator(".menu").bounding_box(), await opener.bounding_box()
    assert here is not None
    assert there is not None
    assert 0 <= here["y"] < here["y"] + here["height"] <= 900
    assert abs(here["y"] - there["y"]) < 120
    await ana.page.keyboard.press("Escape")
    await expect(opener).to_be_focused()
