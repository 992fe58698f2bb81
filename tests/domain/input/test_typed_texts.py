"""What people really type: the same ids at every entry point, and nothing else is asked."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.input.commands import COMMAND_WORDS, Command
from bot.domain.input.found_ids import MAX_FOUND, find_ids
from bot.domain.input.message_id import IdProblem, MessageId
from bot.domain.input.query import (
    MAX_IDS,
    LookUp,
    Nothing,
    Run,
    TooMany,
    parse_ids,
    parse_query,
)
from bot.domain.input.readable import MAX_READ

A, B = "MPG000999000111", "MPG000999000222"
C = "MPG000027109145-21611143"

# Every way to write these ids, in both languages.
ONE = [
    *("status {}", "verificar por favor {}?", "{}.", "({})", "*{}*", "_{}_", "{}!", "~{}~", "“{}”"),
    *("o id é {}", "have {} please", "{} por favor", "pls check {} asap", "what happened to {}??"),
    *("Bom dia! Pode ver a {}, por gentileza? Obrigada!", "{}: cliente não recebeu", "ref.: {}"),
    *("IDMSG: {}", "idmsg={}", "IDMSG-{}", "id {}", "ID:{}", "#{}", "nº {}", "Nº{}", "→ {} ←"),
    *(
        "{}\u2019s status",
        "[{}](https://x.example)",
        "<{}>",
        "{{{}}}",
        "`{}`,",
        "```\n{}\n```",
        "> {}",
    ),
    *("protocolo 2024123456789, {}", "(11) 98765-4321 não tocou: {}", "{} dia 12/05/2024 10:30"),
    *(
        "1. {}",
        "1) {}",
        "• {}",
        "- {}",
        "* {}",
        "1 - {}",
        "a) {}",
        "[1] {}",
        "1º {}",
        "📞 {}",
        "— {}",
    ),
    *(
        "https://crm.example/calls/{}?tab=1",
        "{} :thinking_face:",
        "call {}, ok?",
        "{}\u2026",
        "{}.",
    ),
    *(
        "hlep {}",
        "{} shaer",
        "{} me",
        "{} e",
        "e {}",
        "{} & co",
        "@maria {}",
        "ligação{{{}}}",
        "{}/",
    ),
    # Invisible characters around and inside.
    *("\u202a{}\u202c", "\u200e{}", "\u2066{}\u2069", "\ufeff{}", "{}\u200b", "\u00a0{}\u3000"),
    *(
        "\u2060{}\u2060",
        "\u061c{}",
        "\u3164{}\u3164",
        "{}\ufe0f",
        "\u200bstatus\u200b{}",
        # Marks beside it: a footnote, a number in a circle.
        *("{}\u00b2", "{}\u207d\u00b9\u207e", "{}\u2082", "{}\u2122", "\u2460{}", "\u2488{}"),
        "\u2800{}",
    ),
]
TWO = [
    *("{} e {}", "{} and {}", "{}/{}", "{}|{}", "{};{}", "{},{}", "{}\t{}", "{}\n{}", "{} + {}"),
    *("• {}\n• {}", "1. {}\n2. {}", "1. {} 2. {}", "1 {}\n2 {}", "- {}\r\n- {}", "a) {} b) {}"),
    *("{}\u200b{}", "{}\ufeff{}", "{}\u2028{}", "{}\u2029{}", "{} \u200b {}", "{}\u00a0{}"),
    *("{}{}", "{}-{}", "{}\u2013{}", "({})({})", "{}({})", "{}...{}", "*{}*_{}_", "{} ou {}?"),
    *("de {} até {}", "IDMSGs: {}, {}", "000:{};000:{}", "{} 11987654321 {}", "{} x {}", "{}→{}"),
]


def asked(text: str) -> list[str]:
    """The ids that are asked about, the same whether or not commands are understood there."""
    query, typed = parse_query(text), parse_ids(text)
    assert query == typed
    assert isinstance(query, LookUp)
    return [one.value for one in query.ids]


@pytest.mark.parametrize("text", ONE)
def test_around_one_id_nothing_else_is_asked(text: str) -> None:
    """Words, signs, list marks, markup and invisible characters are neither asked nor in the id."""
    for one in (A, C):
        written = text.format(one)

        assert [one] == asked(written)
        assert [one] == [found.value for found in find_ids([written]).ids]


@pytest.mark.parametrize("text", TWO)
def test_two_ids_are_two(text: str) -> None:
    """However they are joined."""
    assert [A, B] == asked(text.format(A, B))


@pytest.mark.parametrize(
    "inside", ["\u00ad", "\u200b", "\u2060", "\u200d", "\ufeff", "\u034f", "\ufe0f"]
)
def test_an_invisible_character_inside_an_id_is_left_out(inside: str) -> None:
    """A soft hyphen, or where a program may break the word."""
    assert [A] == asked(f"{A[:9]}{inside}{A[9:]}")
    assert [C] == asked(f"{C[:15]}{inside}{C[15:]}")


@pytest.mark.parametrize(
    "text",
    [
        *("MPG 000999000111", "MPG: 000999000111", "MPG - 000999000111", "MPG.000999000111"),
        *("MPG000 999 000 111", "MPG 000 999 000 111", "MPG000999 000111", "MPG0009 9900 0111"),
        *("MPG-000-999-000-111", "MPG000.999.000.111", "MPG\u00a0000\u00a0999\u00a0000\u00a0111"),
        *("status MPG000 999 000 111?", "MPG000 999 000 111, deu 486", "MPG000999000111 486"),
    ],
)
def test_an_id_that_is_typed_in_parts_is_one(text: str) -> None:
    """A part of it is never asked; what follows its twelve digits is another word."""
    assert [A] == asked(text)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("236180474\u200b236180475", ["236180474", "236180475"]),
        ("236180474\u200b236180475\ufeff236180476", ["236180474", "236180475", "236180476"]),
        ("236180\u200b474123456", ["236180474123456"]),
        ("236180474\u200d236180475", ["236180474", "236180475"]),
        ("SANDBOX-OK\u200bSANDBOX-BUSY", ["SANDBOX-OK", "SANDBOX-BUSY"]),
        (f"{A}\u200be {B}", [A, B]),
        ("A1B2\u200bC3D4", ["A1B2C3D4"]),
    ],
)
def test_a_break_parts_words_that_are_alike(text: str, ids: list[str]) -> None:
    """Numbers of one length, and what begins like an id; otherwise it is inside one."""
    assert ids == asked(text)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        # Nothing but words with digits: all of them.
        ("4711", ["4711"]),
        ("X1 e X2", ["X1", "X2"]),
        ("(4711), [4712].", ["4711", "4712"]),
        ("1. 4711\n2. 4712", ["4711", "4712"]),
        ("1) 4711 2) 4712", ["4711", "4712"]),
        ("1 - 4711\n2 - 4712", ["4711", "4712"]),
        ("1 236180474\n2 236180475", ["236180474", "236180475"]),
        ("• A1-9\n• A1-8", ["A1-9", "A1-8"]),
        ("236180474/236180475", ["236180474", "236180475"]),
        ("A1/B2", ["A1/B2"]),
        ("236180474|236180475", ["236180474", "236180475"]),
        ("236180474,00", ["236180474"]),
        ("236.180.474", ["236180474"]),
        ("(236.180.474).", ["236180474"]),
        ("236'180'474", ["236180474"]),
        ("236\u00a0180\u00a0474 e 236\u202f180\u202f475", ["236180474", "236180475"]),
        ("n\u00b0236180474, N\u00b0 236180475", ["236180474", "236180475"]),
        ("4711...", ["4711"]),
        ("**4711**", ["4711"]),
        ("4711 (12/05/2024, 10:30).", ["4711"]),
        ("4711 ~ 85% ~ $5", ["4711"]),
        ("236180474 0,00", ["236180474"]),
        ("236180474\t12/05/2024 10:30\tR$ 250,00", ["236180474"]),
        ("\u202a236180474\u202c", ["236180474"]),
        ("sandbox-ok", ["sandbox-ok"]),
        ("000:sandbox-ok", ["sandbox-ok"]),
        # A few words beside it: what is long enough.
        ("status 4711", ["4711"]),
        ("verificar por favor 4711?", ["4711"]),
        ("4711 and 4712", ["4711", "4712"]),
        ("check ABC-1234-5", []),
        ("ver 12 e 4711", ["4711"]),
        ("em 2024: 236180474", ["236180474"]),
        # A sentence: what is as long as an id.
        ("Oi, pode ver a ligação 236180474 por favor?", ["236180474"]),
        ("Oi, o valor da ligação de 4711 subiu para 236180474,00", ["236180474"]),
        ("o cliente ligou às 10h30 do ramal 4711 e nada, veja 236180474", ["236180474"]),
    ],
)
def test_without_a_certain_id_words_with_a_digit_are_asked(text: str, ids: list[str]) -> None:
    """Numbers of entries, times, dates, amounts and small numbers in prose are not."""
    query = parse_query(text)

    assert query == parse_ids(text)
    assert ids == ([one.value for one in query.ids] if isinstance(query, LookUp) else [])


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        (f"{A} 12345 X9", [("12345", IdProblem.UNLIKE), ("X9", IdProblem.UNLIKE)]),
        ("236180474 11987654321", [("11987654321", IdProblem.PHONE)]),
        (f"{A} {'1' * 41}", [("1" * 41, IdProblem.TOO_LONG)]),
        ("`000:SANDBOX-OK`, 4711", [("4711", IdProblem.UNLIKE)]),
        (f"<@U1 {A}", []),
        (f"{A} id:x1 {B}.", []),
        (f"{A} failed:486", []),
        (f"{A} 98765-4321/x1.", [("98765-4321/x1.", IdProblem.UNLIKE)]),
        # Read as one id.
        ("MPG-000999000111 MPG_000999000222", []),
        (f'{{"idmsg":"{A}","status":"failed:486"}}', []),
        (f"{A}\x07{B}", []),
        (f"1. {A} 2. {B}", []),
        (f"{A} 12/05/2024 10:30 85%", []),
        (f"{A} https://x.example/1 12", []),
        # In a sentence, other words are prose.
        (f"protocolo 2024123456789 da {A}", []),
    ],
)
def test_what_is_left_out_of_a_line_of_ids_is_named(
    text: str, left_out: list[tuple[str, IdProblem]]
) -> None:
    """It may have been meant as an id; list marks, dates and prose were not."""
    query = parse_query(text)

    assert isinstance(query, LookUp)
    assert [(w[:40], p) for w, p in left_out] == [(b.word, b.problem) for b in query.bad_words]


@pytest.mark.parametrize(
    ("text", "share", "watch"),
    [
        (f"{A} avisar!", False, True),
        (f"{A}, avisar.", False, True),
        (f"{A} (avisar)", False, True),
        (f"avisar: {A}", False, True),
        (f"*watch* {A}", False, True),
        (f"{A} avisar-me", False, True),
        (f"{A} «acompanhar»", False, True),
        (f"o cliente não recebeu {A}, avisar por favor", False, True),
        (f"share: {A}", True, False),
        (f"{A} share, please", True, False),
        (f"{A} please share!", True, False),
        (f"{A} share watch", True, True),
        (f"watch share {A}", True, True),
        (f"{A} watch share ok", True, True),
        # Nothing is watched that was not asked for.
        (f"não avisar {A}", False, False),
        (f"{A} don\u2019t ever watch", False, False),
        (f"parar de acompanhar {A}", False, False),
        (f"{A} did not ring. Watch", False, True),
        (f"{A} did not ring for them watch", False, True),
        # Nothing becomes public that was not asked for.
        (f"do not share {A}", False, False),
        (f"{A} don\u2019t share", False, False),
        (f"{A} não compartilhar!", False, False),
        (f"{A} na\u0303o e\u0301 para share", False, False),
        (f"my customers share {A}", False, False),
        (f"please share {A}", False, False),
        (f"{A} sharing", False, False),
    ],
)
def test_share_and_watch_with_any_signs(text: str, share: bool, watch: bool) -> None:
    """`watch` anywhere, `share` first, last, or after an id; neither if it is negated."""
    query = parse_query(text)

    assert isinstance(query, LookUp)
    assert ([A], share, watch) == ([one.value for one in query.ids], query.share, query.watch)


def test_other_texts_of_a_message_have_only_certain_ids() -> None:
    """In blocks, attachments and files, numbers and commands are not addressed to the bot."""
    ids = parse_query("ver 4711", beside=[f"ajuda: protocolo 2024123456789, {A}", B])
    plain = parse_query("ver 4711", beside=["ajuda: 2024123456789"])
    command = parse_query("ajuda", beside=[A])

    assert isinstance(ids, LookUp)
    assert [A, B] == [one.value for one in ids.ids]
    assert isinstance(plain, LookUp)
    assert ["4711"] == [one.value for one in plain.ids]
    assert isinstance(command, Run)


IDS = [f"MPG{number:012}" for number in range(MAX_FOUND + 100)]


@pytest.mark.parametrize(
    ("count", "told", "more"),
    [(11, 11, False), (199, 199, False), (200, 200, False), (201, 200, True), (300, 200, True)],
)
@pytest.mark.parametrize("prefix", ["", "X"])
@pytest.mark.parametrize("prose", ["", "please see to all of these calls: "])
def test_the_count_is_true_or_there_are_more(
    count: int, told: int, more: bool, prefix: str, prose: str
) -> None:
    """Certain ids, others, and others in a sentence; a long message is read to its end."""
    text = prose + " ".join(prefix + one for one in IDS[:count])

    assert TooMany(count=told, more=more) == parse_query(text)
    assert TooMany(count=told, more=more) == parse_query(text, beside=[text, text + " "])


def test_short_words_are_counted_too() -> None:
    """They are ids only if there is nothing else."""
    short = [f"A{number}" for number in range(MAX_FOUND + 1)]

    assert TooMany(count=MAX_FOUND, more=True) == parse_query(" ".join(short))
    assert TooMany(count=MAX_FOUND) == parse_query(" ".join(short[:-1]))


def test_of_a_text_beyond_the_limit_there_may_be_more() -> None:
    """What was not read may have other ids."""
    text = f"{' '.join(IDS[:20])} ".ljust(MAX_READ) + IDS[20]

    assert TooMany(count=20, more=True) == parse_query(text)


def test_ids_of_all_texts_are_counted_together() -> None:
    """Each text alone has fewer than the limit."""
    query = parse_query(" ".join(IDS[:150]), beside=[" ".join(IDS[100:250])])

    assert TooMany(count=MAX_FOUND, more=True) == query
    assert isinstance(query, TooMany)
    assert IDS[:MAX_FOUND] == [one.value for one in query.ids]


@pytest.mark.parametrize("shift", range(17))
@pytest.mark.parametrize("prefix", ["", "X"])
def test_a_text_that_is_too_long_never_cuts_an_id(shift: int, prefix: str) -> None:
    """Nine ids, repeated to beyond the limit, stay nine."""
    nine = [prefix + one for one in IDS[:9]]
    text = " " * shift + f"{' '.join(nine)} " * (MAX_READ // (16 * 9) + 1)

    query = parse_query(text)

    assert isinstance(query, LookUp)
    assert nine == [one.value for one in query.ids]


CHARACTERS = st.text(alphabet="AbZ019 .,;:!?()*_-/|\n\t'`\u200b\u200e\u00adéº•@#$%", max_size=30)
WORDS = st.sampled_from(
    [
        *("status", "por favor", "é", "e", "1.", "•", "IDMSG", "não", "share", "avisar!", "hlep"),
        *(A, B, C, "4711", "236180474", "+55 (11) 98765-4321", "12/05/2024", "85%", "\u200b", "\n"),
        *("SANDBOX-OK", "sandbox-ok", "2,36180474E+11", "https://x.example/a1", "R$ 1,00", "000:"),
        *("MPG00023***474", "MPG12345\u2026678", "MPG00012\ufffd3456", "MPG12345\x07678"),
    ]
)
TEXTS = st.lists(WORDS | CHARACTERS, max_size=8).flatmap(
    lambda words: st.sampled_from([" ", "", ", ", "\n"]).map(lambda glue: glue.join(words))
)


@given(TEXTS)
def test_the_same_text_gives_the_same_ids_everywhere(text: str) -> None:
    """Commands aside: typed, in a form, in a message whose blocks repeat it; certain ids first."""
    query, typed = parse_query(text), parse_ids(text)
    certain = find_ids([text]).ids

    if isinstance(query, LookUp):
        assert query == typed
        assert query == parse_query(text, beside=[text])
    if certain and not isinstance(query, Run):
        assert isinstance(query, LookUp)
        assert set(certain) == {*query.ids[: len(certain)]}


def is_whole(value: str, text: str) -> bool:
    """Whether it stands in the text with the end of a word on both sides, or not as it is."""
    sides = [
        text[max(0, at.start() - 1) : at.start()] + text[at.end() : at.end() + 1]
        for at in re.finditer(re.escape(value), text)
    ]
    return not sides or any(not side.strip("-").isalnum() for side in sides)


@given(TEXTS)
def test_never_a_word_without_a_digit_and_never_a_part_of_one(text: str) -> None:
    """Whatever is asked is in the text from end to end, invisible characters aside."""
    query = parse_ids(text)
    ids = query.ids if isinstance(query, LookUp | TooMany) else ()

    plain = re.sub("[\u200e\u00ad]", "", text).replace("º", ". ")
    apart = re.sub("(?<=[0-9])(?=MPG)", " ", plain)
    for one in ids:
        forced = f"id:{one.value}".lower() in plain.lower()
        sandbox = one.value.upper().startswith("SANDBOX-")
        assert forced or sandbox or re.search("[0-9]", one.value)
        assert not re.search(r"\s", one.value)
        assert sandbox or any(is_whole(one.value, apart.replace("\u200b", s)) for s in ("", " "))


@given(st.sampled_from(sorted(COMMAND_WORDS)), CHARACTERS)
def test_a_command_word_with_any_signs_is_that_command(word: str, signs: str) -> None:
    """Before and after it, and in any case."""
    around = re.sub(r"[^\W]|[:@#]|\s", "", signs)
    query, plain = parse_query(f"{around}{word.upper()}{around}"), parse_query(word)

    assert isinstance(plain, Run | Nothing)
    if isinstance(plain, Run):
        assert isinstance(query, Run)
        assert plain.command == query.command
    else:
        assert plain == query


def test_the_most_ids_of_one_command_are_asked() -> None:
    """One more is a list."""
    assert isinstance(parse_query(" ".join(IDS[:MAX_IDS])), LookUp)
    assert isinstance(parse_query(" ".join(IDS[: MAX_IDS + 1])), TooMany)


@pytest.mark.parametrize("sign", [":", "!", "!!"])
def test_no_blank_is_needed_behind_the_sign_of_a_command_word(sign: str) -> None:
    """As it is typed in a hurry."""
    asked = parse_query(f"Avisar{sign}MPG000236180474")

    assert LookUp(ids=(MessageId("MPG000236180474"),), watch=True) == asked
    assert Run(command=Command.EXPLAIN, argument="486") == parse_query(f"explicar{sign}486")


@pytest.mark.parametrize(
    "number", ["236'180'474", "236\u2019180\u2019474", "236180474,0000", "2.36180474E8"]
)
def test_a_number_of_a_spreadsheet_is_asked_by_its_digits(number: str) -> None:
    """With the thousands of Switzerland, and as Java and databases write it."""
    assert LookUp(ids=(MessageId("236180474"),)) == parse_query(number) == parse_ids(number)


def test_a_hyphen_of_the_usual_form_is_a_part_of_the_id() -> None:
    """Also where six digits stand on both sides of it."""
    assert ["MPG000999-000111"] == asked("MPG000999-000111")
