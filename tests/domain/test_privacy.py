"""Which parts are hidden, and how free text is truncated."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.privacy import (
    ELLIPSIS,
    mask_people,
    mask_phones,
    public_id,
    shared_id,
    shorten,
)

MOBILE = "+55 (11) *****-4321"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("+55 (11) 98765-4321", MOBILE),
        ("+5511987654321", MOBILE),
        ("5511987654321", MOBILE),
        ("55 11 98765 4321", MOBILE),
        ("+55-11-98765-4321", MOBILE),
        ("+55.11.98765.4321", MOBILE),
        ("+55 (11) 9 8765-4321", MOBILE),
        ("+55 (11)  98765 - 4321", MOBILE),
        ("+55\u00a011\u00a098765\u20114321", MOBILE),
        ("(11) 98765-4321", "(11) *****-4321"),
        ("11987654321", "(11) *****-4321"),
        ("(21) 3456-7890", "(21) ****-7890"),
        ("2134567890", "(21) ****-7890"),
        ("tel:+5511987654321.", f"tel:{MOBILE}."),
        ("a 11987654321, b 2134567890", "a (11) *****-4321, b (21) ****-7890"),
        ("failed:486 (11) 98765-4321", "failed:486 (11) *****-4321"),
    ],
    ids=ascii,
)
def test_a_phone_number_keeps_its_area_and_four_digits(text: str, masked: str) -> None:
    """With or without the country, with eight or nine digits, with any punctuation."""
    assert masked == mask_phones(text)


@pytest.mark.parametrize(
    "text",
    [
        "MPG000236180474",  # digits inside an IDMSG are no number
        "MPG000027109145-21611143",
        "MPG11987654321",
        "11987654321X",
        "id_11987654321",
        "(10) 98765-4321",  # an area code has no zero
        "011987654321",
        "119876543210123",  # too long
        "98765-4321",  # no area code
        "ok:85.00",
        "failed:486 Busy Here",
        "2026-11-23 10:14:53",
        "",
    ],
)
def test_what_is_no_phone_number_is_left_alone(text: str) -> None:
    """Identifiers, results and dates are shown as they are."""
    assert text == mask_phones(text)


@pytest.mark.parametrize(
    ("message_id", "shown"),
    [
        ("MPG000236180474", "MPG0…0474"),
        ("MPG000027109145-21611143", "MPG0…1143"),
        ("a" * 13, "aaaa…aaaa"),
        ("a" * 12, "a" * 12),
        ("SANDBOX-OK", "SANDBOX-OK"),
        ("+5511987654321", MOBILE),
        ("11987654321", "(11) *****-4321"),
        ("00000000191", "*********91"),
        ("joao@x.com.br", "***@x.com.br"),
    ],
)
def test_a_channel_sees_an_identifier_in_part(message_id: str, shown: str) -> None:
    """A long one is shortened in the middle, personal data is masked."""
    assert shown == public_id(message_id)


FAMILY = "👨\u200d👩\u200d👧"


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        pytest.param("busy", 4, "busy", id="what fits is kept"),
        pytest.param("busy!", 4, "bus…", id="the mark of the cut counts"),
        pytest.param("ocupado", 1, "…", id="room for nothing"),
        pytest.param("abc\u0327\u0303d", 4, "ab…", id="a letter keeps both its accents"),
        pytest.param("a👍🏽bc", 3, "a…", id="an emoji keeps its skin tone"),
        pytest.param("a✈\ufe0fbc", 3, "a…", id="an emoji keeps its variation"),
        pytest.param("a1\ufe0f\u20e3bc", 4, "a…", id="a keycap keeps its key"),
        pytest.param(f"a{FAMILY}b", 3, "a…", id="a family stays whole, cut before a joiner"),
        pytest.param(f"a{FAMILY}b", 4, "a…", id="a family stays whole, cut after a joiner"),
        pytest.param(f"a{FAMILY}bc", 7, f"a{FAMILY}…", id="a family that fits is kept"),
        pytest.param("a🇧🇷bc", 3, "a…", id="a flag keeps both its letters"),
        pytest.param("🇧🇷🇵🇹bc", 4, "🇧🇷…", id="the second flag of two"),
        pytest.param("🇧🇷🇵🇹bc", 5, "🇧🇷🇵🇹…", id="two flags that fit"),
        pytest.param("🇧🇷🇵🇹bc", 3, "🇧🇷…", id="a cut between two flags"),
        pytest.param("a🏴\U000e0067\U000e0062\U000e007fbc", 4, "a…", id="a flag keeps its tags"),
        pytest.param("\u0301" * 9, 4, "…", id="nothing but accents"),
    ],
)
def test_a_cut_never_splits_what_is_read_as_one(text: str, limit: int, short: str) -> None:
    """Accents, skin tones, joined emoji and flags stay or go as a whole."""
    assert short == shorten(text, limit)


SIGNS = ("a", "é", "e\u0301", "👍🏽", FAMILY, "🇧🇷", "✈\ufe0f", " ", "\u200d")
TEXTS = st.text(max_size=50) | st.lists(st.sampled_from(SIGNS), max_size=20).map("".join)


@given(TEXTS, st.integers(min_value=1, max_value=60))
def test_a_shortened_text_is_never_longer_than_its_limit(text: str, limit: int) -> None:
    """A truncated text is the beginning of the text and the mark; a text that fits is unchanged."""
    short = shorten(text, limit)

    assert len(short) <= limit
    assert short == text or (short.endswith(ELLIPSIS) and text.startswith(short[:-1]))


DIGITS = ("+55", "(11)", "11", "98765", "4321", "-", " ", "1", "x")


@given(st.lists(st.sampled_from(DIGITS), max_size=12).map("".join))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    """A masked text contains nothing that resembles a phone number."""
    assert mask_phones(text) == mask_phones(mask_phones(text))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("123.456.789-09", "***.***.***-09"),
        ("CPF: 123.456.789/09;", "CPF: ***.***.***/09;"),
        ("123456789-09", "*********-09"),
        ("12345678909", "*********09"),
        ("00000000191", "*********91"),
        ("11.222.333/0001-81", "**.***.***/****-81"),
        ("12.ABC.345/01DE-35", "**.***.***/****-35"),
        ("11222333000181", "************81"),
        ("joao.silva+x@mail.com.br", "***@mail.com.br"),
        ("<a@b.c>, a@b.c", "<***@b.c>, ***@b.c"),
        ("joão@são.com", "***@são.com"),
        ("5511987654321 a@b.c", f"{MOBILE} ***@b.c"),
    ],
)
def test_what_identifies_people_is_masked(text: str, masked: str) -> None:
    """Tax numbers but for two digits, the name in an address; masked once, all of it is masked."""
    assert masked == mask_people(text)
    assert masked == mask_people(masked)


@pytest.mark.parametrize(
    "text",
    [
        "MPG12345678909",  # digits inside an IDMSG
        "12345678909X",
        "01345678909",  # the check digits are wrong
        "11222333000182",
        "1122233300018",  # too short
        "112223330001811",
        "1.123.456.789-09",
        "192.168.100.101",
        "a@b",
        "@b.c",
        "ok:85.00 2026-11-23 10:14:53",
    ],
)
def test_what_identifies_nobody_is_left_alone(text: str) -> None:
    """Identifiers, numbers with other check digits, results and dates."""
    assert text == mask_people(text)


@pytest.mark.parametrize(
    ("message_id", "shown"),
    [
        ("MPG000027109145-21611143", "MPG000027109145-21611143"),
        ("23618047412", "23618047412"),
        ("12345678901", "12345678901"),
        ("11987654321", "(11) *****-4321"),
        ("+5511987654321", MOBILE),
        ("2134567890", "(21) ****-7890"),
        ("123.456.789-09", "***.***.***-09"),
        ("a@b.c", "***@b.c"),
    ],
)
def test_a_file_in_a_channel_has_ids_in_full(message_id: str, shown: str) -> None:
    """Unless they are personal data; digits that no phone has are none."""
    assert shown == shared_id(message_id)


@pytest.mark.parametrize("part", ["a", "a@", "a.b-", "1", "1.1/", "***@", "a@b."])
def test_masking_needs_time_in_proportion(part: str) -> None:
    """A megabyte of anything costs some ten times as much as a tenth of it."""
    taken = [_seconds(part * (size // len(part))) for size in (100_000, 1_000_000)]
    assert taken[1] < 20 * taken[0] + 0.2


def _seconds(text: str) -> float:
    before = process_time()
    mask_people(text)
    return process_time() - before
