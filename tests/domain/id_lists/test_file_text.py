"""Encodings are found from the bytes, line by line where files were joined."""

from __future__ import annotations

import pytest

from bot.domain.id_lists.file_text import text_of
from bot.domain.id_lists.id_list import ListProblem, UnreadableListError

TEXT = "Código da mensagem;Nome\r\n236180474;João\r\n236180475;Conceição “Zoë”\r\n"
OLD, NEW = TEXT.encode("cp1252"), TEXT.encode()

FILES = {
    "UTF-8": NEW,
    "UTF-8 with a mark": b"\xef\xbb\xbf" + NEW,
    "Windows-1252": OLD,
    "UTF-16 with a mark": TEXT.encode("utf-16"),
    "UTF-16, little endian": TEXT.encode("utf-16-le"),
    "UTF-16, big endian": TEXT.encode("utf-16-be"),
    "UTF-32, little endian": TEXT.encode("utf-32-le"),
    "UTF-32, big endian": TEXT.encode("utf-32-be"),
    "UTF-32 with a mark": TEXT.encode("utf-32"),
}


@pytest.mark.parametrize("name", FILES)
def test_the_encoding_is_found(name: str) -> None:
    """With a byte order mark or without one."""
    assert TEXT == text_of(FILES[name]).removeprefix("\ufeff")


@pytest.mark.parametrize("first", [OLD, NEW, b"\xef\xbb\xbf" + NEW], ids=["old", "new", "marked"])
@pytest.mark.parametrize("second", [OLD, NEW], ids=["old", "new"])
@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
def test_each_line_has_its_own_encoding(first: bytes, second: bytes, end: bytes) -> None:
    """Exports of two systems in one file; no letter is lost."""
    joined = text_of((first + second).replace(b"\r\n", end))

    assert TEXT * 2 == joined.replace(end.decode(), "\r\n")


def test_names_in_other_scripts_do_not_hide_utf_16() -> None:
    """Most of the bytes that are zero in English still are."""
    text = "IDMSG;Nome;Telefone\r\n" + "236180474;王小明;5511987654321\r\n" * 9

    assert text == text_of(text.encode("utf-16-le"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32-le"])
def test_half_a_character_at_the_end_is_cut_off(encoding: str) -> None:
    """As a download that broke off leaves it."""
    assert TEXT[:-1] == text_of(TEXT.encode(encoding)[:-1])


def test_what_fills_a_file_up_is_cut_off() -> None:
    """Zeros of old systems, and the end of MS-DOS."""
    assert "IDMSG\r\n" == text_of(b"IDMSG\r\n\x1a\0\0\0")


@pytest.mark.parametrize("name", ["Content-Transfer-Encoding", "content-transfer-encoding"])
def test_the_lines_of_an_e_mail_are_joined(name: str) -> None:
    """No id is cut in two, also where a link to it is written in quoted-printable."""
    head = f"From: a@example.com\r\n{name}: quoted-printable\r\n\r\n"
    text = text_of(f"{head}IDMSG: MPG00023=\r\n6180474 id=3DMPG000236180475".encode())

    assert f"{head}IDMSG: MPG000236180474 id=MPG000236180475" == text


def test_what_looks_like_a_line_break_of_an_e_mail_is_none_elsewhere() -> None:
    """The end of a key in base64; also where a cell speaks of the header."""
    text = "IDMSG;Key\r\n236180474;abc=\r\n236180475;Content-Transfer-Encoding: quoted-printable"

    assert text == text_of(text.encode())


@pytest.mark.parametrize(
    "data",
    [
        b"IDMSG\0\0\0236180474\r\n",
        b"a\0b\0c\0\0\0d\0" * 9,
        bytes(1_000) + b"x",
        b"\x00\x01" * 200,
        "IDMSG;Nome\r\n".encode("utf-16-le") + b"x" * 40,
    ],
)
def test_zeros_anywhere_else_are_no_text(data: bytes) -> None:
    """They are not those of a wide encoding."""
    with pytest.raises(UnreadableListError) as raised:
        text_of(data)

    assert ListProblem.NOT_TEXT is raised.value.problem


def test_too_many_lines_are_not_decoded_one_by_one() -> None:
    """They are refused anyway."""
    text = text_of(b"\xc3\xa9" + b"\n" * 200_001 + b"\xe9")

    assert ("\u00c3\u00a9", "\u00e9") == (text[:2], text[-1])
    assert "\u00e9\n" == text_of(b"\xc3\xa9" + b"\n" * 200_000 + b"\xe9")[:2]


@pytest.mark.parametrize(
    "text", ["IDMSG;Jo\u00e3o\r236180474;n\u00e3o", "IDMSG\r236\u00a0180\u00a0474"]
)
def test_files_of_an_old_macintosh_are_read(text: str) -> None:
    """Mac Roman, by its letters or by its blanks between thousands."""
    assert text == text_of(text.encode("mac_roman"))


def test_quotes_of_an_old_macintosh_are_no_letters_of_an_id() -> None:
    """In Windows-1252 they are."""
    assert "\u201cMPG000236180474\u201d" == text_of(
        "\u201cMPG000236180474\u201d".encode("mac_roman")
    )


def test_a_stray_control_character_spoils_no_short_file() -> None:
    """Separators of old databases."""
    assert "IDMSG;Nome\x1c\r\n" == text_of(b"IDMSG;Nome\x1c\r\n")
