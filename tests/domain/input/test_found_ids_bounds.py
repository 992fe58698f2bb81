"""The limits of the search for IDMSGs: how much is read, how much is found, how long it takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from itertools import count, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.input.found_ids import find_ids
from bot.domain.input.message_id import MessageId
from bot.domain.input.readable import readable, whole_words

REAL = "MPG000236180474"
MAX_FOUND, MAX_READ, MAX_LENGTH = 200, 40_000, 40

identifiers = st.from_regex(r"\A[Mm][Pp][Gg][0-9]{5,20}(-[0-9]{1,10})?\Z")
# Characters that end a word and start no form themselves.
separators = st.text(alphabet=" \t\n,;|()[]{}\"'`*_~!?\u201c\u201d\u2014\u00a0", min_size=1)
pieces = st.sampled_from(
    [
        *(REAL, "IDMSG", "id:", "SANDBOX-", "<@", ">", "|", ":", "+55", "(11)", "98765-4321", "@"),
        *(
            ".",
            "https://",
            "%2F",
            "1" * 12,
            "a1b2c3d4",
            "\u200b",
            "\u0301",
            "#",
            "R$",
            "000:",
            "=",
            "-",
        ),
    ]
)
texts = st.one_of(st.text(), st.lists(st.one_of(pieces, st.text(max_size=3))).map("".join))


@given(st.lists(texts))
def test_any_text_gives_ids_that_may_be_asked(found_in: list[str]) -> None:
    """No text raises an error; the results are bounded, each once, and never both."""
    found = find_ids(found_in)

    values = [one.value for one in found.ids]
    assert all(1 <= len(value) <= MAX_LENGTH for value in values)
    assert all(8 <= len(word) <= MAX_LENGTH for word in found.doubtful)
    assert len(values) + len(found.doubtful) == len({*values, *found.doubtful})


@given(st.lists(st.tuples(separators, identifiers), max_size=20), separators)
def test_every_id_between_separators_is_found(parts: list[tuple[str, str]], end: str) -> None:
    """All of them, with their case, once, in the order of the text."""
    text = "".join(before + one for before, one in parts) + end

    expected = tuple(dict.fromkeys(MessageId(one) for _, one in parts))
    assert (expected, ()) == (find_ids([text]).ids, find_ids([text]).doubtful)


@given(
    st.from_regex(r"\A(55)?[1-9]{2}(9[0-9]{8}|[2-5][0-9]{7})\Z"),
    st.sampled_from(["", "id:", "IDMSG ", "IDMSG: ", "IDMSG=", "tel ", "x;", "("]),
)
def test_no_brazilian_phone_number_is_certain(digits: str, before: str) -> None:
    """10 to 13 bare digits, even if the text calls them an id."""
    assert () == find_ids([before + digits]).ids


@given(
    st.from_regex(r"\A[UWCGDTBS][0-9A-Z]{8,11}\Z"),
    st.sampled_from(["", "id:", "IDMSG: ", "<@", "<#", "@", "("]),
)
def test_no_id_of_slack_is_found(slack_id: str, before: str) -> None:
    """Neither certain nor doubtful."""
    found = find_ids([f"{before}{slack_id}"])

    assert ((), ()) == (found.ids, found.doubtful)


def test_so_many_ids_are_found_and_no_more() -> None:
    """The first ones, of both sorts."""
    ids = [f"MPG{number:012}" for number in range(MAX_FOUND + 50)]
    doubtful = [f"{number:020}" for number in range(MAX_FOUND + 50)]
    found = find_ids([*doubtful, *ids])

    assert ids[:MAX_FOUND] == [one.value for one in found.ids]
    assert tuple(doubtful[:MAX_FOUND]) == found.doubtful


def test_so_much_is_read_and_no_more() -> None:
    """The text after the limit is not searched, neither in the same text nor in the next one."""
    filler = f"{'x' * 99} " * (MAX_READ // 100 - 1) + " " * 80

    assert (MessageId(REAL),) == find_ids([filler + REAL]).ids
    assert () == find_ids([filler + " " * 20, REAL]).ids
    assert () == find_ids([filler + " " * 20 + REAL]).ids


def test_an_id_is_not_cut_in_two() -> None:
    """Where reading ends inside a word, the word is left out: its beginning is another id."""
    filler = " " * (MAX_READ - 10)

    assert () == find_ids([filler + REAL]).ids
    assert (MessageId("MPG0002361"),) == find_ids([filler + "MPG0002361"]).ids
    assert () == find_ids([filler + "MPG00023618"]).ids


def test_characters_that_grow_are_bounded_too() -> None:
    """One Arabic character expands to eighteen in plain characters."""
    assert () == find_ids(["\ufdfa" * (MAX_READ // 10) + f" {REAL}"]).ids


def test_an_endless_stream_of_texts_ends() -> None:
    """Empty texts count as well."""
    assert () == find_ids(repeat("")).ids
    assert MAX_FOUND == len(find_ids(f"MPG{number:09}" for number in count()).ids)


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("abc def", 7, "abc def"),
        ("abc def", 6, "abc "),
        ("abc def", 4, "abc "),
        ("abc-def", 5, ""),
        ("é1", 1, ""),
        ("abc def", 3, "abc"),
        ("abc.d", 4, ""),
        ("a (SANDBOX-ok.85)", 15, "a ("),
        ("MPG000236\u200b180474", 10, ""),
        ("MPG000236\u00ad180474", 11, ""),
        ("\uff2d\uff30\uff27\uff10", 2, ""),
        ("x" * 5, 4, ""),
        ("abc", 0, ""),
    ],
)
def test_a_text_is_cut_before_a_word(text: str, limit: int, kept: str) -> None:
    """A word that does not fit is left out whole."""
    assert kept == whole_words(text, limit)


# About half a second on a machine whose split takes an eighth of a millisecond.
MOST_SPLITS = 4_000

HOSTILE = [
    *("a", "1", "'", "%", " ", "-", "(", "<", ":", "\ufdfa", "\U0001f600", "\u200b"),
    *(
        "a.",
        "1-",
        "a@",
        ":a",
        "%25",
        "://",
        "<@",
        "+1 ",
        "11 ",
        "(11) ",
        "1.1,",
        ",'",
        "\u0301\u0323",
    ),
    *("id:", "IDMSG ", "IDMSG:", "IDMSG=", "MPG", "SANDBOX-", "http://", "order ", "x.com ", "R$ "),
    *("12345678 ", "a1b2c3d4 ", f"{REAL} ", "a%2F", "http://x?idmsg=1 ", " 1234-5678''x", "''id:"),
]


RUNS = [
    ("IDMSG", " ", "!"),
    ("IDMSG ", "x", "!"),
    ("11", " ", "x"),
    ("(11)", " ", "x"),
    ("1", " ", "("),
    ("+1", "(", "x"),
    ("1234-5678", "'", "x"),
    ("http://", "%", "!"),
    ("MPG1", "1", "x"),
    ("SANDBOX", "-a", "é"),
]


def _seconds(work: Callable[[], object]) -> float:
    """The processor's time of one run."""
    start = time.process_time()
    work()
    return time.process_time() - start


def test_time_grows_with_the_length_only() -> None:
    """Hostile characters, repeated or between a form's ends, cost a few thousand splits at most."""
    plain = "a " * (MAX_READ // 2)
    split = min(_seconds(lambda: [plain.split() for _ in range(20)]) for _ in range(3)) / 20
    texts = [(one * MAX_READ)[:MAX_READ] for one in HOSTILE]
    texts += [h + (run * MAX_READ)[: MAX_READ - len(h) - len(t)] + t for h, run, t in RUNS]

    assert [] == [
        ascii(text[:20])
        for text in texts
        if all(_seconds(partial(find_ids, [text])) > MOST_SPLITS * split for _ in range(3))
    ]


def test_so_much_is_made_readable_and_no_more() -> None:
    """The expansion of a character counts, and a character that disappears does not."""
    assert "abcde" == readable("abcdef", most=5)
    assert "NoNo" == readable("\u2116\u2116", most=5)
    assert "NoNoN" == readable("\u2116" * 2_000, most=5)
    assert "1-1" == readable("\u200b" * 2_000 + "\uff11\u2010\uff11\uff11", most=3)
    assert 2_500 == len(readable("\u00e9" * 3_000, most=2_500))


def test_what_characters_become_is_counted_over_all_texts() -> None:
    """A text of three characters may be as long as one of fifty."""
    arabic = "\ufdfa" * ((MAX_READ - 20) // 18)

    assert (MessageId(REAL),) == find_ids([arabic, REAL]).ids
    assert () == find_ids([arabic, "\ufdfa", REAL]).ids
