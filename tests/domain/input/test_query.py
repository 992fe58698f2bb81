"""The grammar of a user's input."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.input.message_id import IdProblem, MessageId
from bot.domain.input.query import (
    COMMAND_WORDS,
    MAX_IDS,
    BadWord,
    Command,
    DidYouMean,
    LookUp,
    Nothing,
    Query,
    Run,
    TooMany,
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
    ],
)
def test_a_first_word_that_is_a_command_is_run(word: str, command: Command) -> None:
    """Both languages are understood, without regard to case, accents and quotes."""
    assert Run(command=command) == parse_query(word)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("explain 486", Run(command=Command.EXPLAIN, argument="486")),
        ("explicar  `caixa   postal`", Run(command=Command.EXPLAIN, argument="caixa postal")),
        ("explain +55", Run(command=Command.EXPLAIN, argument="+55")),
        ("lang pt-BR", Run(command=Command.LANGUAGE, argument="pt-BR")),
        ("explain 486 share", Run(command=Command.EXPLAIN, argument="486")),
        ("compartilhar explicar 486", Run(command=Command.EXPLAIN, argument="486")),
    ],
)
def test_a_command_takes_the_rest_of_the_line(text: str, query: Query) -> None:
    """The argument is the text after the word, with single spaces and without quotes."""
    assert query == parse_query(text)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        (REAL, asked(REAL)),
        (f"{REAL} {OTHER}", asked(REAL, OTHER)),
        (f"{OTHER},{REAL};12345\n\t67890", asked(OTHER, REAL, "12345", "67890")),
        (f"{REAL} {OTHER} {REAL}", asked(REAL, OTHER)),
        (f"{REAL} {REAL.lower()}", asked(REAL, REAL.lower())),
        (f"000:{REAL}", asked(REAL, cut=True)),
        (f"{REAL} 000:{OTHER}", asked(REAL, OTHER, cut=True)),
        (f"\u201c{REAL}\u201d `{OTHER}`", asked(REAL, OTHER)),
        ("5511987654321", asked("5511987654321")),
        ("11 98765 4321", asked("11", "98765", "4321")),
    ],
)
def test_words_that_are_no_command_are_identifiers(text: str, query: Query) -> None:
    """Each once, in the order typed, with case preserved; bare digits are looked up."""
    assert query == parse_query(text)


@pytest.mark.parametrize("before", ["", "share ", "watch ", "compartilhar avisar ", "acompanhar "])
def test_share_and_watch_stand_before_or_after_the_identifiers(before: str) -> None:
    """Both words, of either language, on either side or on both."""
    for after in ("", " share", " watch", " Compartilhar AVISAR", " share, watch"):
        said = (before + after).lower()
        share = "share" in said or "compartilhar" in said
        watch = any(word in said for word in ("watch", "avisar", "acompanhar"))

        assert asked(REAL, share=share, watch=watch) == parse_query(f"{before}{REAL}{after}")


@pytest.mark.parametrize("text", ["", "   ", "\n\t", ",;", "share", "avisar compartilhar"])
def test_where_nothing_is_asked_there_is_nothing_to_answer(text: str) -> None:
    """Neither blanks and separators nor `share` and `watch` alone are a question."""
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
        ("id:id:x", "id:x"),
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
]


@pytest.mark.parametrize("phone", PHONES)
def test_a_dressed_phone_number_is_refused_as_one_word(phone: str) -> None:
    """With any spaces and quotes, no part of it is looked up, but its neighbours are."""
    for text in ("{}", "{} X1", "X1 {}", "X1, {}, X2", "X1;{};X2", "share {}"):
        query = parse_query(text.format(phone))

        assert isinstance(query, LookUp)
        assert (BadWord(word=phone, problem=IdProblem.PHONE),) == query.bad_words
        assert [one for one in ("X1", "X2") if one in text] == [one.value for one in query.ids]


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
        ("helpp", "helpp", "help"),
        ("HEPL", "HEPL", "help"),
        ("ayuda", "ayuda", "ajuda"),
        ("explane", "explane", "explain"),
        ("expliquar", "expliquar", "explicar"),
        ("`healt`", "healt", "health"),
        # The whole line, with the slip replaced.
        ("expain 486", "expain", "explain 486"),
        ("share expain caixa postal", "expain", "explain share caixa postal"),
        (f"{REAL} shaer", "shaer", f"{REAL} share"),
        (f"shaer {REAL}", "shaer", f"share {REAL}"),
        (f"{REAL} compartilha {OTHER}", "compartilha", f"{REAL} compartilhar {OTHER}"),
        (f"{REAL} shaer share", "shaer", f"{REAL} share share"),
        # A command word that is not the first is put in front.
        (f"{REAL} help", "help", f"help {REAL}"),
        ("486 explicra", "explicra", "explicar 486"),
        # A line that is too long to be shown is not cut, which would make it another question.
        ("hlep " + "x1 " * 90, "hlep", "help"),
    ],
)
def test_a_slip_of_the_keyboard_is_asked_back(text: str, word: str, suggestion: str) -> None:
    """A word of letters within two slips of a command word is not sent to the gateway."""
    assert DidYouMean(word=word, suggestion=suggestion) == parse_query(text)


def test_a_suggestion_of_two_hundred_characters_is_the_whole_line() -> None:
    """A longer one is the command alone."""
    whole = "help " + "x1 " * 64 + "xx1"

    assert 200 == len(whole)
    assert DidYouMean(word="hlep", suggestion=whole) == parse_query(whole.replace("help", "hlep"))
    assert DidYouMean(word="hlep", suggestion="help") == parse_query(f"hlep{whole[4:]}1")


@pytest.mark.parametrize(
    "word",
    ["help1", "he-lp", "hxxxp", "h", "gateway", "SANDBOX", "h.lp", "id", "expla1n", "helpppp"],
)
def test_a_word_far_from_every_command_is_an_identifier(word: str) -> None:
    """Three slips, a digit or a hyphen make it an IDMSG."""
    assert asked(word) == parse_query(word)


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
        ("IDMSG", Nothing()),
        ("IDMSG:", Nothing()),
        ("id:IDMSG", asked("IDMSG")),
        (f"{REAL} IDMSG", asked(REAL, "IDMSG")),
        (f"IDMSG-1 {REAL}", asked("IDMSG-1", REAL)),
        # The word after the label is an IDMSG, whatever its form.
        ("IDMSG: 486", asked("486")),
        ("IDMSG: failed:486", asked("failed:486")),
        ("IDMSG +55 (11) 98765-4321", LookUp(
            ids=(), bad_words=(BadWord(word="+55 (11) 98765-4321", problem=IdProblem.PHONE),)
        )),
        ("IDMSG help", Run(command=Command.HELP)),
    ],
)  # fmt: skip
def test_only_a_leading_label_is_a_label(text: str, query: Query) -> None:
    """Alone it is an empty question, elsewhere it is an ordinary word."""
    assert query == parse_query(text)


@pytest.mark.parametrize(
    "word",
    [
        *("sip:486", "SIP:486", "gateway:023", "failed:486"),
        *("Error:503", "blocked:603", "machine:200", "ok:85.00", "ok:85"),
        "`failed:486`",
    ],
)
def test_a_lone_code_or_result_is_explained(word: str) -> None:
    """No IDMSG has that form, and the query records the assumption."""
    bare = word.strip("`")

    assert Run(command=Command.EXPLAIN, argument=bare, assumed=True) == parse_query(word)
    shared = Run(command=Command.EXPLAIN, argument=bare, assumed=True)
    assert shared == parse_query(f"share {word}")


@pytest.mark.parametrize(
    "text",
    [
        *("48", "4860", "5511987654321", "failed:4860", "failed:48", "failed:", "ok:", "ok:x"),
        *("pending:024", "error:timeout", "id:486", "id:failed:486", "486,023", f"486 {REAL}"),
        "48-6",
    ],
)
def test_everything_else_is_an_identifier(text: str) -> None:
    """Other digits, other words, two words, and forced words are looked up."""
    words = text.removeprefix("id:").replace(",", " ").split()

    assert asked(*words) == parse_query(text)


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
        ("a" * 41, BadWord(word="a" * 40, problem=IdProblem.TOO_LONG)),
        ("``", BadWord(word="``", problem=IdProblem.EMPTY)),
        ("000:", BadWord(word="000:", problem=IdProblem.EMPTY)),
        ("a\x00b", BadWord(word="a\x00b", problem=IdProblem.UNPRINTABLE)),
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


def test_what_stands_beyond_the_limit_of_a_text_is_not_read() -> None:
    """The time that a query takes is bounded by the length that is read."""
    assert Nothing() == parse_query(" " * 4_000 + REAL)
    assert asked("M") == parse_query(" " * 3_999 + REAL)


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


def test_of_a_long_text_the_first_words_are_compared_with_command_words() -> None:
    """Twenty different ones: comparing is expensive, and a real command comes first in the line."""
    others = [f"{letter}zzzzzzz" for letter in "abcdefghijklmnopqrs"]

    assert isinstance(parse_query(" ".join([*others, "hlep"])), DidYouMean)
    assert isinstance(parse_query(" ".join([*others, *others, "hlep"])), DidYouMean)
    assert isinstance(parse_query(" ".join([*others, "tzzzzzzz", "hlep"])), TooMany)


def test_a_command_word_may_be_dressed_but_not_endless() -> None:
    """A word that is longer than all of them is compared with none."""
    assert Run(command=Command.HELP) == parse_query("h" + "\u0301" * 36 + "elp")
    assert not isinstance(parse_query("h" + "\u0301" * 37 + "elp"), Run)
