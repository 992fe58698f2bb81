"""Numbers as spreadsheets and programs write them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.input.written_numbers import IN_A_LIST, WrittenNumber, read_number

LIST = re.compile(IN_A_LIST, re.VERBOSE)


@pytest.mark.parametrize(
    "word",
    [
        *("236180474,00", "236180474.0", "236180474,", "236180474.", "236180474,-"),
        "236180474,000",
        *("236.180.474", "236.180.474,00", "236.180.474,0", "236,180,474", "236,180,474.00"),
        *("236 180 474", "236 180 474,00", "236\u00a0180\u00a0474", "236\u202f180\u202f474,00"),
        *("236'180'474", "236\u2019180\u2019474.00", "236\u2009180\u2009474"),
        *("2,36180474E+08", "2.36180474E8", "2.36180474e+008", "+2.36180474E8", "2.361804740E8"),
    ],
)
def test_a_whole_number_has_its_digits(word: str) -> None:
    """Grouped, with zeros behind the decimal sign, or with an exponent that loses nothing."""
    assert WrittenNumber(digits="236180474") == read_number(word)


@pytest.mark.parametrize("word", ["1,23457E+11", "1E+11", "2.3618E8", "2,36180E+14", "-1,2E+9"])
def test_a_rounded_number_is_known(word: str) -> None:
    """Its exponent is larger than the number of its decimals."""
    assert WrittenNumber(rounded=True) == read_number(word)


@pytest.mark.parametrize(
    "word",
    [
        *("0,35", "1.234,56", "236180474,50", "236.180.474,05", "-236180474", "-236.180.474,00"),
        *("2.36E1", "1.2E-5", "1E-5", "2.3618047405E8"),
    ],
)
def test_a_fraction_and_a_negative_number_have_no_digits(word: str) -> None:
    """They are amounts."""
    assert WrittenNumber() == read_number(word)


@pytest.mark.parametrize(
    "word",
    [
        *("", "236180474", "MPG000236180474", "a1", "5E12", "1234E56789", "+5511987654321"),
        *("12.05.2024", "236.180.47", "236.1804.74", "236.180 474", "236.180.474.00", "0.350.000"),
        *("1.2.3", "236,180.474,00", "12/05/2024", "1,2E+1234", "12,5E+11", ".5", "236  180"),
    ],
)
def test_everything_else_is_no_such_number(word: str) -> None:
    """Digits only, other words, dates, and groups that are none."""
    assert None is read_number(word)


@given(st.integers(1_000, 10**15), st.sampled_from(".,' \u00a0\u202f"))
def test_whatever_groups_the_digits_they_are_read(number: int, mark: str) -> None:
    """Of any length."""
    assert WrittenNumber(digits=str(number)) == read_number(f"{number:,}".replace(",", mark))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("236.180.474,00, 236.180.475,00", ["236.180.474,00", "236.180.475,00"]),
        ("236180474,236180475", ["236180474", "236180475"]),
        ("236180474,50;1", ["236180474,50", "1"]),
        ("236180474,500", ["236180474", "500"]),
        ("236180474,000", ["236180474,000"]),
        ("236 180 474,00 236 180 475,00", ["236 180 474,00", "236 180 475,00"]),
        ("236 180 474,236 180 475", ["236 180 474", "236 180 475"]),
        ("236\u00a0180 236\u00a0181", ["236\u00a0180", "236\u00a0181"]),
        ("236 180 474 236 180 475", ["236", "180", "474", "236", "180", "475"]),
        ('"236180474,00"', ['"236180474,00"']),
        ("1,23457E+11,2", ["1,23457E+11", "2"]),
        ("2.36180474E8 1", ["2.36180474E8", "1"]),
        ("1E+11x", []),
    ],
)  # fmt: skip
def test_in_a_list_such_a_number_is_one_word(text: str, words: list[str]) -> None:
    """Although commas and blanks are between words; a run of blanks that may be two is none."""
    assert words == [match[0] for match in LIST.finditer(text)]
