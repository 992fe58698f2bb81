"""The grammar of a user's input."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.input.commands import COMMAND_WORDS, Command
from bot.domain.input.message_id import IdProblem, MessageId
from bot.domain.input.query import (
    MAX_IDS,
    BadWord,
    DidYouMean,
    LookUp,
    Nothing,
    Query,
    Run,
    TooMany,
    parse_ids,
    parse_query,
)

REAL, OTHER = "MPG000236180474", "MPG000027109145-21611143"


def asked(*ids: str, share: bool = False, watch: bool = False, cut: bool = False) -> LookUp:
    """A look-up of these ids without rejected words."""
    found = tuple(MessageId(one) for one in ids)
    return LookUp(ids=found, share=share, watch=watch, prefix_cut=cut)


@pytest.mark.parametrize(
    ("word", "command"),
    [
        ("help", Command.HELP),
        ("ajuda", Command.HELP),
        ("explain", Command.EXPLAIN),
        ("explicar", Command.EXPLAIN),
        ("lang", Command.LANGUAGE),
        ("idioma", Command.LANGUAGE),
        ("whoami", Command.WHOAMI),
        ("quemsou", Command.WHOAMI),
        ("watches", Command.WATCHES),
        ("avisos", Command.WATCHES),
        ("acompanhamentos", Command.WATCHES),
        ("health", Command.HEALTH),
        ("saude", Command.HEALTH),
        ("saúde", Command.HEALTH),
        ("HELP", Command.HELP),
        ("`Ajuda`", Command.HELP),
        ("ajuda!", Command.HELP),
        ("help?", Command.HELP),
        ("*help*", Command.HELP),
        ("/help", Command.HELP),
        ("¿Ajuda?", Command.HELP),
        ("🙏 ajuda", Command.HELP),
        (":pray: ajuda", Command.HELP),
        ("\u200ehelp\u200e", Command.HELP),
        ("• avisos.", Command.WATCHES),
        ("IDMSG help", Command.HELP),
    ],
)
def test_a_first_word_that_is_a_command_is_run(word: str, command: Command) -> None:
    """Both languages are understood, whatever the case, the accents and the signs around it."""
    assert Run(command=command) == parse_query(word)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("explain 486", Run(command=Command.EXPLAIN, argument="486")),
        ("explicar  `caixa   postal`", Run(command=Command.EXPLAIN, argument="caixa postal")),
        ("explain 603+", Run(command=Command.EXPLAIN, argument="603")),
        ("lang pt-BR", Run(command=Command.LANGUAGE, argument="pt-BR")),
        ("explain: 486?", Run(command=Command.EXPLAIN, argument="486")),
        ("explicar (caixa postal)!", Run(command=Command.EXPLAIN, argument="caixa postal")),
        ("lang pt-BR.", Run(command=Command.LANGUAGE, argument="pt-BR")),
        ("lista\n• A1\n• B2, 3", Run(command=Command.BULK, argument="• A1\n• B2, 3")),
        ("Lista: A1 share", Run(command=Command.BULK, argument="A1 share")),
        ("explain 486 share", Run(command=Command.EXPLAIN, argument="486")),
        ("compartilhar explicar 486", Run(command=Command.EXPLAIN, argument="486")),
        ("explain 486, 480", Run(command=Command.EXPLAIN, argument="486 480")),
        (f"explain {REAL}", asked(REAL)),
        ("explicar SANDBOX-BUSY", asked("SANDBOX-BUSY")),
        ("list", Run(command=Command.BULK)),
        ("lista SANDBOX-OK", Run(command=Command.BULK, argument="SANDBOX-OK")),
    ],
)
def test_a_command_takes_the_rest_of_the_line(text: str, query: Query) -> None:
    """Its words, without signs; of a list the text as typed, since its lines have a meaning."""
    assert query == parse_query(text)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        (REAL, asked(REAL)),
        (f"{REAL} {OTHER}", asked(REAL, OTHER)),
        ("A-1,12345;B2\n\t67890|C3", asked("A-1", "12345", "B2", "67890", "C3")),
        (f"{REAL} {OTHER} {REAL}", asked(REAL, OTHER)),
        (f"{REAL} {REAL.lower()}", asked(REAL, REAL.lower())),
        (f"000:{REAL}", asked(REAL, cut=True)),
        (f"{REAL} 000:{OTHER}", asked(REAL, OTHER, cut=True)),
        (f"\u201c{REAL}\u201d `{OTHER}`", asked(REAL, OTHER)),
        ("99551198765432", asked("99551198765432")),
    ],
)
def test_words_with_a_digit_are_identifiers(text: str, query: Query) -> None:
    """Each once, in the order typed, with case preserved; bare digits, too, but for phones."""
    assert query == parse_query(text)


@pytest.mark.parametrize("before", ["", "share ", "watch ", "compartilhar avisar ", "acompanhar "])
def test_share_and_watch_stand_before_or_after_the_identifiers(before: str) -> None:
    """Both words, of either language, on either side or on both."""
    for after in ("", " share", " watch", " Compartilhar AVISAR", " share, watch"):
        said = (before + after).lower()
        share = "share" in said or "compartilhar" in said
        watch = any(word in said for word in ("watch", "avisar", "acompanhar"))

        assert asked(REAL, share=share, watch=watch) == parse_query(f"{before}{REAL}{after}")


@pytest.mark.parametrize(
    "text",
    [
        *("", "   ", "\n\t", ",;", "share", "avisar compartilhar", "avisar!", "?", "•", "``", "e"),
        *("oi", "Oi!", "ok", "obrigado", "banana", "bom dia", "busy", "ocupado", "gateway", "N/D"),
        *("SANDBOX", "sandbox-", "h.lp", "he-lp", "ação", "x" * 60, ":100:", "@maria1", "#canal1"),
        *("IDMSG", "IDMSG:", "id", "IDMSG: pendente", "000:status", "IDMSG não encontrado"),
        *("1", "2.", "48", "000", "000:", "list of commands", "lista de comandos", "486 Busy Here"),
        *("the sandbox-environment is down", "a ligação não chegou", "You share a list: coffee"),
        *("12/05/2024 10:30", "2024-05-12T10:30:45Z", "10:30", "85%", "85,5", "0,00", "R$ 250,00"),
        *("123.456.789-09", "12.345.678/0001-95", "CPF: 123.456.789-09."),
        *("€ 12.50", "joao1@example.com", "https://example.com/a1", "www.x1.com", "C:\\a1"),
        *("MPG0\u20260474", "MPG00023***474", "MPG000236\u2022\u2022474", "MPG000\ufffd999000111"),
        *("liguei 3 vezes", "em 2024", "recebi 10.000 ligações", "caiu às 10:30 e às 11h"),
    ],
)
def test_where_nothing_is_asked_there_is_nothing_to_answer(text: str) -> None:
    """No word is asked that has no digit, or is surely something else."""
    assert Nothing() == parse_query(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("id:help", "help"),
        ("ID:help", "help"),
        ("id:share", "share"),
        ("id:hepl", "hepl"),
        ("`id:ajuda`", "ajuda"),
        ("id:`ajuda`", "ajuda"),
        ("id:id:x", "x"),
        ("id:oi", "oi"),
        ("id:11987654321", "11987654321"),
        ("id:98765-4321", "98765-4321"),
        ("id:+5511987654321", "+5511987654321"),
        ("id:+55 (11) 98765-4321", "+55 (11) 98765-4321"),
        ('id:"(11) 98765-4321"', "(11) 98765-4321"),
    ],
)
def test_a_person_says_by_force_that_a_word_is_an_identifier(text: str, value: str) -> None:
    """After `id:` neither a command word, nor a slip, nor a phone number is seen."""
    assert asked(value) == parse_query(text)


PHONES = [
    "+55 (11) 98765-4321",
    "+55 11 98765-4321",
    "+55 11 98765 4321",
    "+5511987654321",
    "55 (11) 98765-4321",
    "(11) 98765-4321",
    "(11) 9 8765-4321",
    "(11)3456-7890",
    "11 98765-4321",
    "55 11 98765-4321",
    "98765-4321",
    "`+55 (11) 98765-4321`",
    "\u201c(11) 98765-4321\u201d",
    "11 98765 4321",
    "11 987654321",
    # All digits, by the form of the numbers in Brazil.
    "11987654321",
    "5511987654321",
    "1134567890",
    "987654321",
]


@pytest.mark.parametrize("phone", PHONES)
def test_a_phone_number_is_refused_as_one_word(phone: str) -> None:
    """With any spaces and quotes, no part of it is looked up, but its neighbours are."""
    for text in ("{}", "{} X1", "X1 {}", "X1, {}, X2", "X1;{};X2", "share {}"):
        query = parse_query(text.format(phone))

        assert isinstance(query, LookUp)
        assert (BadWord(word=phone, problem=IdProblem.PHONE),) == query.bad_words
        assert [one for one in ("X1", "X2") if one in text] == [one.value for one in query.ids]


@pytest.mark.parametrize("phone", PHONES)
def test_a_phone_number_beside_an_id_is_not_named(phone: str) -> None:
    """Rows of a report have one beside each id; no card repeats it, and no form refuses the row."""
    assert asked(REAL) == parse_ids(f"{REAL}\t{phone}") == parse_query(f"{REAL}\t{phone}")


def test_two_phone_numbers_are_two_words() -> None:
    """One number does not swallow the next."""
    query = parse_query("+55 (11) 98765-4321 (21) 3456-7890")

    assert isinstance(query, LookUp)
    assert ["+55 (11) 98765-4321", "(21) 3456-7890"] == [bad.word for bad in query.bad_words]


@pytest.mark.parametrize(
    ("text", "word", "suggestion"),
    [
        ("hlep", "hlep", "help"),
        ("hel", "hel", "help"),
        ("helpp!", "helpp", "help"),
        ("HEPL", "HEPL", "help"),
        ("ayuda", "ayuda", "ajuda"),
        ("listt", "listt", "list"),
        ("explane", "explane", "explain"),
        ("expliquar", "expliquar", "explicar"),
        ("`healt`", "healt", "health"),
        # The whole line, with the slip replaced.
        ("expain 486", "expain", "explain 486"),
        ("share expain caixa postal", "expain", "explain share caixa postal"),
        ("shaer 4711", "shaer", "share 4711"),
        ("avisr A-1 B-2", "avisr", "avisar A-1 B-2"),
    ],
)
def test_a_slip_of_the_keyboard_is_asked_back(text: str, word: str, suggestion: str) -> None:
    """The first word of a short line, if it is nearly a command word."""
    assert DidYouMean(word=word, suggestion=suggestion) == parse_query(text)


@pytest.mark.parametrize(
    "text",
    [
        *(f"{REAL} shaer", f"shaer {REAL}", f"have {REAL} please", f"hlep {REAL}", "hlep id:x"),
        *("A-1 hlep", "Helo can you check", "have a nice day", "hello", "gel", "watts"),
        *("You share a reminder: fazer o café.", "lembrete: fazer a listra", "hlep me now please"),
    ],
)
def test_no_other_word_is_a_slip(text: str) -> None:
    """Beside a certain id, in a sentence, further back, or with more slips than letters allow."""
    assert not isinstance(parse_query(text), DidYouMean)


@pytest.mark.parametrize(
    "text",
    [
        *("IDMSG: {}", "IDMSG {}", "idmsg:{}", "`IDMSG:` {}", "IDMSG : {}", "IDMSG: id:{}"),
        "IDMSG:\n{}",
    ],
)
def test_the_label_of_an_identifier_is_left_out(text: str) -> None:
    """A user who copies from a card or a report copies the label as well."""
    assert asked(REAL) == parse_query(text.format(REAL))
    assert asked(REAL, share=True) == parse_query(f"share {text.format(REAL)}")
    assert asked(REAL, share=True) == parse_query(f"{text.format(REAL)} share")


@pytest.mark.parametrize(
    ("text", "query"),
    [
        (f"{REAL} IDMSG", asked(REAL)),
        ("IDMSG-1", asked("IDMSG-1")),
        # The word after the label is an IDMSG, whatever its form.
        ("IDMSG: 486", asked("486")),
        ("IDMSG: failed:486", asked("failed:486")),
        ("IDMSG +55 (11) 98765-4321", LookUp(
            ids=(), bad_words=(BadWord(word="+55 (11) 98765-4321", problem=IdProblem.PHONE),)
        )),
    ],
)  # fmt: skip
def test_a_label_is_never_an_identifier(text: str, query: Query) -> None:
    """What it calls an id is one."""
    assert query == parse_query(text)


@pytest.mark.parametrize(
    "word",
    [
        *("sip:486", "SIP:486", "gateway:023", "failed:486"),
        *("Error:503", "blocked:603", "machine:200", "ok:85.00", "ok:85"),
        *("`failed:486`", "failed:486!", "486", "024", "900?", "486 480", "486, failed:480!"),
    ],
)
def test_nothing_but_codes_and_results_are_explained(word: str) -> None:
    """No IDMSG has that form, and the query records the assumption."""
    bare = word.strip("`!?").replace(",", "")

    assert Run(command=Command.EXPLAIN, argument=bare, assumed=True) == parse_query(word)
    shared = Run(command=Command.EXPLAIN, argument=bare, assumed=True)
    assert shared == parse_query(f"share {word}")


@pytest.mark.parametrize(
    "text",
    ["4860", "failed:4860", "failed:48", "pending:024", "486,4711", "48-6", "1-2", "X.1"],
)
def test_everything_else_with_a_digit_is_an_identifier(text: str) -> None:
    """Other digits and other words are looked up; a code beside them is not."""
    assert asked(text.removeprefix("486,")) == parse_query(text)


@pytest.mark.parametrize("count", [11, 12, 100])
def test_more_than_ten_identifiers_are_counted_and_not_asked(count: int) -> None:
    """The answer states the number of ids, and the limit."""
    ids = [f"X{number}" for number in range(count)]

    assert TooMany(count=count) == parse_query(" ".join(ids))


def test_ten_identifiers_and_their_doubles_are_asked() -> None:
    """A repeated word counts once towards the limit."""
    ids = [f"X{number}" for number in range(10)]

    assert asked(*ids) == parse_query(" ".join(ids * 3))


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("1" * 41, BadWord(word="1" * 40, problem=IdProblem.TOO_LONG)),
        ("id:" + "a" * 41, BadWord(word="id:" + "a" * 37, problem=IdProblem.TOO_LONG)),
        ("a1\x00b", BadWord(word="a1\x00b", problem=IdProblem.UNPRINTABLE)),
        ("MPG000\x07999000111", BadWord(word="MPG000\x07999000111", problem=IdProblem.UNPRINTABLE)),
        ("2,36180474E+11", BadWord(word="2,36180474E+11", problem=IdProblem.ROUNDED)),
    ],
    ids=ascii,
)
def test_a_bad_word_is_left_out_with_its_reason(text: str, bad: BadWord) -> None:
    """The other words are still looked up; the displayed part of the bad one is bounded."""
    assert LookUp(ids=(), bad_words=(bad,)) == parse_query(text)
    assert LookUp(ids=(MessageId(REAL),), bad_words=(bad,)) == parse_query(f"{text} {REAL}")


def test_no_more_than_ten_bad_words_are_shown() -> None:
    """A user who pastes a long list of phone numbers gets a short answer."""
    query = parse_query(" ".join(["98765-4321"] * 30))

    assert isinstance(query, LookUp)
    assert 10 == len(query.bad_words)


@pytest.mark.parametrize("text", ["Helen Park, {}", "o telefone do cliente é {}, não ligou"])
@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("+55 11 98765-4321", IdProblem.PHONE),
        ("11 98765 4321", IdProblem.PHONE),
        ("11987654321", IdProblem.PHONE),
        ("2,36180474E+11", IdProblem.ROUNDED),
    ],
)
def test_a_sentence_with_no_more_than_that_is_told_why(
    text: str, word: str, problem: IdProblem
) -> None:
    """A phone number, or a number that was rounded, where an IDMSG belongs."""
    expected = LookUp(ids=(), bad_words=(BadWord(word=word, problem=problem),))

    assert expected == parse_query(text.format(word))


PIECES = (
    *COMMAND_WORDS,
    *PHONES,
    REAL,
    "id:",
    "id:x",
    "000:",
    "11",
    "-",
    "+",
    "(",
    ")",
    "`",
    "hlep",
    "IDMSG",
    "IDMSG:",
    "failed:486",
    "486",
)


@given(st.text(max_size=200) | st.lists(st.sampled_from((*PIECES, " ", ",", "\n"))).map("".join))
def test_any_text_gives_a_query(text: str) -> None:
    """No text raises an error, and no answer exceeds the limits."""
    query = parse_query(text)

    assert isinstance(query, Query)
    if isinstance(query, LookUp):
        assert len(query.ids) <= 10
        assert len(set(query.ids)) == len(query.ids)
        assert query.ids or query.bad_words
        assert all(len(bad.word) <= 40 for bad in query.bad_words)
    if isinstance(query, TooMany):
        assert query.count > MAX_IDS


def test_a_command_word_may_be_dressed_but_not_endless() -> None:
    """A word that is longer than all of them is compared with none."""
    assert Run(command=Command.HELP) == parse_query("h" + "\u0301" * 36 + "elp")
    assert not isinstance(parse_query("h" + "\u0301" * 37 + "elp"), Run)


@given(st.from_regex(r"[A-Za-z]{2,8}[0-9]{8,20}", fullmatch=True))
@example("MPG000236180474")
@example("UA12345678")
@example("VS0000001234")
@example("id00000000")
def test_a_single_id_is_read_as_in_any_other_text(word: str) -> None:
    """There is a short way for it, which a blank before the word does not take."""
    assert parse_query(f" {word}") == parse_query(word)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (f"{REAL}/475", [REAL]),
        (f"de {REAL} até 480, por favor", [REAL]),
        (f"{REAL} A {REAL[:-1]}9", [REAL, f"{REAL[:-1]}9"]),
        (f"{REAL} to {REAL[:-1]}9", [REAL, f"{REAL[:-1]}9"]),
    ],
)
def test_of_a_range_only_what_is_written_in_full_is_asked(text: str, ids: list[str]) -> None:
    """And it is said, also in a sentence."""
    query = parse_query(text)

    assert isinstance(query, LookUp)
    assert ids == [one.value for one in query.ids]
    (bad,) = query.bad_words
    assert (IdProblem.RANGES, True) == (bad.problem, bad.word in text)


@pytest.mark.parametrize(
    ("word", "problem", "example"),
    [
        ("+55 (11) 98765-4321", IdProblem.PHONE, "5511987654321"),
        ("4711", IdProblem.UNLIKE, "4711"),
        ("1.23E+11", IdProblem.ROUNDED, ""),
    ],
)
def test_what_may_be_an_id_after_all_can_be_forced(
    word: str, problem: IdProblem, example: str
) -> None:
    """A phone number by its digits; what has lost digits cannot."""
    assert example == BadWord(word=word, problem=problem).forceable


@pytest.mark.parametrize(
    "text", [f"{REAL}/{OTHER}", f"{REAL} a 2 dias", f"x/{REAL}/475", f"{REAL}/475/x", f"{REAL} a9"]
)
def test_what_is_no_range_is_not_called_one(text: str) -> None:
    """Two ids, a number of days, a path."""
    query = parse_query(text)

    assert isinstance(query, LookUp)
    assert IdProblem.RANGES not in {bad.problem for bad in query.bad_words}
