"""The result text read as a value. The test ids begin with the numbers of docs/readings.md."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.call_status import CallStatus, Outcome, is_blank, read_result

ANSWERED, FAILED, ERROR = Outcome.ANSWERED, Outcome.FAILED, Outcome.ERROR
BLOCKED, MACHINE, PENDING = Outcome.BLOCKED, Outcome.MACHINE, Outcome.PENDING
GATEWAY_ERROR, UNRECOGNISED = Outcome.GATEWAY_ERROR, Outcome.UNRECOGNISED

BLANKS = " \t\r\n\v\f\u00a0\u200b\u200c\u200d\u2060\ufeff"


def row(number: int, raw: str, outcome: Outcome, **fields: Any) -> Any:
    """A reading: its number, the text, and every field of the value that is not its default."""
    return pytest.param(raw, outcome, fields, id=f"{number:02d}-{raw[:24]!a}")


def seconds(number: int, raw: str, duration: str) -> Any:
    """A reading of an answered call with a readable duration."""
    return row(number, raw, ANSWERED, duration=Decimal(duration))


READINGS = [
    # Text after a code is stored separately.
    row(1, "023 - IDMSG de Voz nao encontrado", GATEWAY_ERROR, gateway_code="023"),
    row(1, "901:ID", GATEWAY_ERROR, gateway_code="901"),
    row(1, "024:MPG000236180474", PENDING, gateway_code="024"),
    row(1, "850\nfalha", GATEWAY_ERROR, gateway_code="850"),
    row(1, "901:MPG-024.X", GATEWAY_ERROR, gateway_code="901"),
    row(1, "901: 20261123", GATEWAY_ERROR, gateway_code="901"),
    row(1, "023 - book, errors, not found", GATEWAY_ERROR, gateway_code="023"),
    # Codes are texts of exactly three digits.
    row(2, "1000", UNRECOGNISED),
    row(2, "0240", UNRECOGNISED),
    row(3, "1", UNRECOGNISED),
    row(3, "23", UNRECOGNISED),
    row(3, "24", UNRECOGNISED),
    # Case does not matter.
    seconds(4, "OK:85.00", "85.00"),
    row(4, "Failed:486", FAILED, sip_code=486),
    row(4, "MACHINE:200", MACHINE, sip_code=200),
    # Nor does space around the text and around the colon, seen or unseen.
    seconds(5, "ok : 85.00", "85.00"),
    seconds(5, "\ufeffok:85.00\r\n", "85.00"),
    seconds(5, "\u00a0ok:\u00a085.00\u200b", "85.00"),
    row(5, "\u2060failed\t:\u200b486", FAILED, sip_code=486),
    row(5, "\ufeff 024\r\n", PENDING, gateway_code="024"),
    # Any number of decimals, and none.
    seconds(5, "ok\u200b:\u00ad85.00\u3164", "85.00"),
    seconds(6, "ok:85", "85"),
    seconds(6, "ok:85.0", "85.0"),
    seconds(6, "ok:85.123", "85.123"),
    seconds(6, "ok:103.03 s", "103.03"),
    seconds(6, "ok:85.00 seconds", "85.00"),
    seconds(6, "OK:85.00 Segundos", "85.00"),
    seconds(6, "ok:85 seg.", "85"),
    seconds(6, "ok:85s", "85"),
    seconds(7, "ok:85,00", "85.00"),
    # If both separators occur, the last one is the decimal separator.
    seconds(8, "ok:1.234,56", "1234.56"),
    seconds(8, "ok:1,234.56", "1234.56"),
    seconds(8, "ok:1.234.567,8", "1234567.8"),
    # A single separator is a decimal separator, whatever follows it.
    seconds(9, "ok:1.234", "1.234"),
    seconds(9, "ok:1,234", "1.234"),
    seconds(10, "ok:1000.00", "1000.00"),
    seconds(10, "ok:123456789.5", "123456789.5"),
    seconds(11, "ok:0.00", "0.00"),
    # Answered is certain, the duration is not.
    row(12, "ok", ANSWERED, off_format=True),
    row(12, "ok:", ANSWERED, off_format=True),
    row(12, "ok:abc", ANSWERED, off_format=True),
    row(12, "ok:-1", ANSWERED, off_format=True),
    row(12, "ok:85.00.00", ANSWERED, off_format=True),
    row(12, "ok:12.34,56", ANSWERED, off_format=True),
    row(12, "ok:1234567890", ANSWERED, off_format=True),
    row(12, "ok:٨٥", ANSWERED, off_format=True),
    row(12, "ok:(abc)", ANSWERED, off_format=True),
    row(12, "ok:-", ANSWERED, off_format=True),
    # The call failed is certain, the code is not.
    row(13, "failed", FAILED, off_format=True),
    row(13, "failed:", FAILED, off_format=True),
    row(13, "failed:busy", FAILED, off_format=True),
    row(13, "failed:4860", FAILED, off_format=True),
    row(13, "failed:48", FAILED, off_format=True),
    row(13, "failed:no answer", FAILED, off_format=True),
    row(14, "failed:486 Busy Here", FAILED, sip_code=486),
    row(14, "failed:404 Not Found", FAILED, sip_code=404),
    row(14, "blocked:603+", BLOCKED, sip_code=603),
    row(15, "failed:499", FAILED, sip_code=499),
    row(15, "error:699", ERROR, sip_code=699),
    # Codes outside 100 to 699 are not SIP codes.
    row(16, "failed:701", FAILED, other_code=701),
    row(16, "failed:700", FAILED, other_code=700),
    row(16, "failed:000", FAILED, other_code=0),
    row(16, "error:099", ERROR, other_code=99),
    row(16, "failed:999", FAILED, other_code=999),
    # Contradictions are shown, not resolved.
    row(17, "failed:100", FAILED, sip_code=100),
    row(17, "failed:183", FAILED, sip_code=183),
    row(18, "failed:200", FAILED, sip_code=200),
    row(18, "error:200", ERROR, sip_code=200),
    # The word decides.
    row(19, "machine:200", MACHINE, sip_code=200),
    row(19, "machine:486", MACHINE, sip_code=486),
    row(19, "machine:xyz", MACHINE, off_format=True),
    row(19, "machine", MACHINE, off_format=True),
    row(20, "failed:503", FAILED, sip_code=503),
    row(20, "error:503", ERROR, sip_code=503),
    row(21, "blocked:608", BLOCKED, sip_code=608),
    row(21, "blocked", BLOCKED, off_format=True),
    # Digits without a word are a gateway code, also where SIP has the same number.
    row(25, "486", GATEWAY_ERROR, gateway_code="486"),
    row(25, "200", GATEWAY_ERROR, gateway_code="200"),
    row(26, "900", GATEWAY_ERROR, gateway_code="900"),
    row(26, "901", GATEWAY_ERROR, gateway_code="901"),
    row(26, "999", GATEWAY_ERROR, gateway_code="999"),
    row(27, "002", GATEWAY_ERROR, gateway_code="002"),
    row(27, "010", GATEWAY_ERROR, gateway_code="010"),
    row(27, "799", GATEWAY_ERROR, gateway_code="799"),
    row(28, "000", GATEWAY_ERROR, gateway_code="000"),
    row(28, "000:MPG000236180474", GATEWAY_ERROR, gateway_code="000"),
    row(29, "X01", UNRECOGNISED),
    row(29, "X02", UNRECOGNISED),
    # The gateway client turns these into its own error before they are read.
    row(30, "", UNRECOGNISED),
    row(30, BLANKS, UNRECOGNISED),
    # Several statuses in one text have no grammar.
    row(31, "ok:85.00;failed:486", UNRECOGNISED),
    row(31, "failed:486\nok:85.00", UNRECOGNISED),
    row(31, "failed:486|503", UNRECOGNISED),
    row(31, "error:failed:486", UNRECOGNISED),
    row(31, "023;024", UNRECOGNISED),
    row(31, "024 OK : 85.00", UNRECOGNISED),
    row(31, "ok failed:486", UNRECOGNISED),
    # A second word of the table, with a colon or without, in any case of letters.
    row(31, "OK:35 failed", UNRECOGNISED),
    row(31, "ok:35 error", UNRECOGNISED),
    row(31, "OK:35;failed", UNRECOGNISED),
    row(31, "OK:failed", UNRECOGNISED),
    row(31, "OK:failed 486", UNRECOGNISED),
    row(31, "OK:35, failed 486", UNRECOGNISED),
    row(31, "OK:35 failed 486", UNRECOGNISED),
    row(31, "failed: 486 OK", UNRECOGNISED),
    row(31, "failed:486_BLOCKED", UNRECOGNISED),
    row(31, "failed:machine", UNRECOGNISED),
    row(31, "failed:486 \uff2f\uff2b", UNRECOGNISED),  # full-width letters
    row(31, "024 OK", UNRECOGNISED),
    row(31, "023 - error", UNRECOGNISED),
    # Anything but a unit of seconds behind a duration.
    row(31, "OK:12 not answered", UNRECOGNISED),
    row(31, "ok:12 minutes", UNRECOGNISED),
    row(31, "ok:12 s not answered", UNRECOGNISED),
    row(31, "ok:12 -", UNRECOGNISED),
    # More than one word in place of the duration.
    row(31, "ok:not answered", UNRECOGNISED),
    row(31, "ok:not-answered", UNRECOGNISED),
    # Another group of digits.
    row(31, "OK:35 486", UNRECOGNISED),
    row(31, "OK:35 024", UNRECOGNISED),
    row(31, "OK:35 - 024", UNRECOGNISED),
    row(31, "ok:abc 486", UNRECOGNISED),
    row(31, "failed:486 Busy 503", UNRECOGNISED),
    row(31, "failed:486/503", UNRECOGNISED),
    row(31, "failed:486 \u0664\u0668\u0666", UNRECOGNISED),
    row(31, "failed:busy 486", UNRECOGNISED),
    row(31, "023 - 024", UNRECOGNISED),
    row(31, "023-024", UNRECOGNISED),
    row(31, "023-024-025", UNRECOGNISED),
    row(31, "023 IDMSG 024", UNRECOGNISED),
    # Characters that a reader cannot see, or sees in another position.
    row(31, "ok:85\u202e.00", UNRECOGNISED),
    row(31, "ok:\u206635\u2069 s", UNRECOGNISED),
    row(31, "failed:486 \u202eKO", UNRECOGNISED),
    row(31, "failed:486 O\u00adK", UNRECOGNISED),
    row(31, "023 \u202eabc", UNRECOGNISED),
    row(31, "\u202eok:85.00", UNRECOGNISED),
    row(31, "ok:\u202e00.58", UNRECOGNISED),  # shown as 85.00
    row(31, "failed:486\u202c", UNRECOGNISED),
    row(31, "024\u2069", UNRECOGNISED),
    row(31, "023 a\x08", UNRECOGNISED),
    row(32, "answered:200", UNRECOGNISED),
    row(32, "okay:85.00", UNRECOGNISED),
    row(32, "o k:85.00", UNRECOGNISED),
    row(32, ":486", UNRECOGNISED),
    row(32, "٤٨٦", UNRECOGNISED),
    row(32, "success", UNRECOGNISED),
    # Account errors are reported as the gateway sent them.
    row(40, "001", GATEWAY_ERROR, gateway_code="001"),
    row(40, "019", GATEWAY_ERROR, gateway_code="019"),
    row(41, "022", GATEWAY_ERROR, gateway_code="022"),
    row(42, "<html><body>ok:85.00</body></html>", UNRECOGNISED),
]


@pytest.mark.parametrize(("raw", "outcome", "fields"), READINGS)
def test_a_result_text_has_one_reading(raw: str, outcome: Outcome, fields: dict[str, Any]) -> None:
    """Each text of the table gives exactly this value, with the text stored as received."""
    assert CallStatus(outcome=outcome, raw=raw, **fields) == read_result(raw)


@pytest.mark.parametrize(
    ("raw", "final"),
    [
        ("ok:85.00", True),
        ("failed:486", True),
        ("error:503", True),
        ("blocked:608", True),
        ("machine:200", True),
        ("ok:85.00 s", True),
        ("OK:35 failed", False),
        ("failed:486 OK", False),
        ("failed:701", True),  # a readable value, though no SIP code
        ("ok", False),
        ("ok:abc", False),
        ("failed:busy", False),
        ("machine:xyz", False),
        ("024", False),
        ("023", False),
        ("900", False),
        ("000", False),
        ("X01", False),
    ],
)
def test_only_a_readable_outcome_of_the_call_is_final(raw: str, final: bool) -> None:
    """Only an outcome with its value is cached; every other status may change or says nothing."""
    assert final is read_result(raw).final


@pytest.mark.parametrize(
    ("raw", "blank"),
    [
        ("", True),
        (BLANKS, True),
        ("\u00ad", True),  # soft hyphen
        ("\u2063", True),  # invisible separator
        ("\u3164", True),  # Hangul filler
        ("\u202e\u2066\u061c\u180e\ufe0f\U000e0041", True),
        (" \u2003\u3000\u2028\x85", True),
        (f"{BLANKS}0{BLANKS}", False),
        ("ok", False),
        ("\u2800", False),  # a braille blank is no space
    ],
    ids=ascii,
)
def test_a_text_is_blank_where_nothing_can_be_seen(raw: str, blank: bool) -> None:
    """Spaces, line breaks, zero-width characters and the byte order mark do not count."""
    assert blank is is_blank(raw)


# Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties.txt), and annotation marks.
IGNORABLE = [
    *((one, one) for one in (0xAD, 0x34F, 0x61C, 0x3164, 0xFEFF, 0xFFA0)),
    *((0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E)),
    *((0x2060, 0x206F), (0xFE00, 0xFE0F), (0xFFF0, 0xFFFB), (0x1BCA0, 0x1BCA3)),
    *((0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
]


def test_what_unicode_calls_ignorable_cannot_be_seen() -> None:
    """The first and the last of each range, and neither neighbour."""
    edges = {edge for first, last in IGNORABLE for edge in (first - 1, first, last, last + 1)}
    unseen = {code for code in edges if any(first <= code <= last for first, last in IGNORABLE)}
    spaces = {code for code in edges if chr(code).isspace()}

    assert unseen | spaces == {code for code in edges if is_blank(chr(code))}


def test_a_control_character_within_makes_a_text_unreadable() -> None:
    """All but the spaces among them."""
    controls = {chr(code) for code in range(0xA0) if unicodedata.category(chr(code)) == "Cc"}
    unreadable = {one for one in controls if read_result(f"023 a{one}b").outcome is UNRECOGNISED}

    assert {one for one in controls if not one.isspace()} == unreadable


# Texts that are near to the grammar find more than arbitrary ones.
WORDS = ("ok", "OK", "failed", "error", "blocked", "machine")
SIGNS = (":", ";", "|", "-", ".", ",", "+", " ", "\n", "\u00a0", "\ufeff")
NUMBERS = ("024", "486", "85", "0", "9", "\u0663")
LETTERS = ("x", "\u212a", "\u017f")  # the Kelvin sign and the long s fold to k and s
TEXTS = st.text(max_size=60) | st.lists(
    st.sampled_from((*WORDS, *SIGNS, *NUMBERS, *LETTERS)), max_size=8
).map("".join)


@given(TEXTS)
def test_any_text_gives_a_value_that_keeps_it(raw: str) -> None:
    """No text of the gateway raises an exception, and none of it is lost."""
    status = read_result(raw)

    assert raw == status.raw
    assert status.outcome is not Outcome.LOOKUP_FAILED


@given(TEXTS)
@example("o\u212a:85.00")  # the Kelvin sign, which becomes k in lower case
@example("000:MPG000236180474")
def test_only_a_text_that_begins_with_ok_is_ever_answered(raw: str) -> None:
    """No other text can turn into success."""
    seen = "".join(letter for letter in raw if not is_blank(letter))
    if not seen.startswith(("ok", "OK", "Ok", "oK")):
        assert read_result(raw).outcome is not Outcome.ANSWERED


@given(
    st.sampled_from(("ok:35", "ok:35 s", "failed:486", "failed:486 Busy", "machine:486", "024")),
    st.sampled_from((" ", ";", ", ", "\n", " - ", "|", "/", " (")),
    st.sampled_from((*WORDS, "Failed:", "486", "024", "ok:35", "\u202e x")),
    st.sampled_from(("", " ", ")", ":", " x")),
)
def test_a_status_with_another_behind_it_is_neither(
    status: str, sign: str, another: str, end: str
) -> None:
    """With any separator, and any text after it."""
    assert read_result(f"{status}{sign}{another}{end}").outcome is UNRECOGNISED


@given(TEXTS)
def test_a_value_holds_what_its_outcome_allows(raw: str) -> None:
    """SIP codes are 100 to 699, a duration follows only ok, gateway codes have three digits."""
    status = read_result(raw)

    assert status.sip_code is None or 100 <= status.sip_code <= 699
    assert status.other_code is None or not 100 <= status.other_code <= 699
    assert status.duration is None or (status.outcome is Outcome.ANSWERED and status.duration >= 0)
    in_gateway = status.outcome in {Outcome.PENDING, Outcome.GATEWAY_ERROR}
    assert in_gateway is (status.gateway_code is not None)
    assert status.gateway_code is None or 3 == len(status.gateway_code)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("failed:500 internal server error", 500),
        ("failed:412 Conditional Request Failed", 412),
        ("error: 430 Flow Failed", 430),
        ("machine:200 OK", 200),
    ],
)
def test_a_registered_reason_phrase_is_no_second_status(raw: str, code: int) -> None:
    """Some phrases of IANA's registry contain the words ok, failed or error."""
    assert code == read_result(raw).sip_code


@pytest.mark.parametrize("raw", ["failed:486 OK", "failed:200 failed", "machine:500 OK"])
def test_the_phrase_of_another_code_is_a_second_status(raw: str) -> None:
    """A text after the code may contradict it."""
    assert Outcome.UNRECOGNISED is read_result(raw).outcome
