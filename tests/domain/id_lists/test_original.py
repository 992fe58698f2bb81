"""The columns of a file, which its results stand beside."""

from __future__ import annotations

import pytest

from bot.domain.id_lists.effort import Effort
from bot.domain.id_lists.original import original_of

ANA, BIA = "MPG000236180474", "MPG000236180475"


def test_the_columns_of_a_table_are_found_by_the_ids() -> None:
    """With the heading right above them; of a repeated id the first row counts."""
    file = f"Março;;\r\nCliente;Código;Telefone\r\nAna;{ANA};1\r\nBia;{BIA}\r\nCaio;{ANA};3\r\n"
    found = original_of(file.encode())
    assert found is not None
    assert (3, ("Cliente", "Código", "Telefone")) == (found.width, found.heading)
    assert {ANA: ("Ana", ANA, "1"), BIA: ("Bia", BIA)} == found.rows


def test_a_number_of_a_spreadsheet_is_found_by_its_id() -> None:
    """As the list reads it."""
    found = original_of(b"Nome;IDMSG\r\nAna;236180474,00\r\nBia;236180475,00\r\n")
    assert found is not None
    assert {"236180474": "Ana", "236180475": "Bia"} == {
        one: cells[0] for one, cells in found.rows.items()
    }


def test_a_table_without_a_heading_has_none() -> None:
    """Its first row is a call."""
    found = original_of(f"Ana;{ANA}\r\nBia;{BIA}\r\n".encode())
    assert found is not None
    assert ((), [ANA, BIA]) == (found.heading, [*found.rows])


@pytest.mark.parametrize(
    "file",
    [
        f"IDMSG\r\n{ANA}\r\n{BIA}\r\n",
        f"<html><table><tr><td>Ana</td><td>{ANA}</td></tr></table></html>",
        "Nome;Telefone\r\nAna;x\r\n",
        "",
    ],
    ids=["one column", "a page", "no ids", "nothing"],
)
def test_what_is_no_table_of_several_columns_has_nothing_to_give_back(file: str) -> None:
    """The results stand alone then."""
    assert original_of(file.encode()) is None


def test_too_much_work_gives_nothing_back() -> None:
    """The results do not wait for it."""
    file = f"Nome;IDMSG\r\nAna;{ANA}\r\n".encode()
    assert original_of(file, effort=Effort(1)) is None
