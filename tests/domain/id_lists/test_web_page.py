"""Web pages under the name of a spreadsheet: their tables are read."""

from __future__ import annotations

import pytest

from bot.domain.id_lists.id_file import read_file
from bot.domain.id_lists.id_list import IdList, ListProblem, UnreadableListError


def read(page: str) -> IdList:
    """The list in a page."""
    return read_file(page.encode(), max_ids=9)


HEAD = "<tr><td>Nome</td><td>IDMSG</td></tr>"
ROW = "<tr><td>Ana</td><td>236180474</td></tr>"


@pytest.mark.parametrize(
    "page",
    [
        f"<html><table>{HEAD}{ROW}</table>",
        f"<table>{HEAD}{ROW}",
        f"  \r\n<!DOCTYPE html>\n<HTML lang='pt'><BODY><TABLE border=1>{HEAD.upper()}{ROW}</TABLE>",
        f"<?xml version='1.0'?>\n<!-- x --><html xmlns='y'><body><table>{HEAD}{ROW}</table></body>",
        f"<meta charset=utf-8><style>td {{ x: <td>; }}</style><table>{HEAD}{ROW}</table>",
        f"<html><script>'<tr><td>9</td></tr>'</script><table>{HEAD}{ROW}</table>",
        f"<html><!--[if x]><xml><td>9</td></xml><![endif]--><table>{HEAD}{ROW}</table>",
        f"<html><table>{HEAD}{ROW}</table><style>",
        f"<html><table>{HEAD}{ROW}</table><!-- never closed <tr><td>9",
        "<table><tr><th>Nome<th>IDMSG<tr><td>Ana<td>236180474</table>",
        "<table>\n<tr>\n<td\nclass='a'>\nNome\n</td>\n\t<td>IDMSG<tr>\n<td>Ana\n<td>\n236180474\n",
        "<table><tr><td>Nome<td>IDMSG<tr><td>Jo&atilde;o<br>Ana &quot;x<td>&nbsp;236180474&#160;",
        "<table><tr><td>Nome<td>ID&nbsp;MSG<tr><td><p>Ana</p><td><b>236180474</b>",
        "<table><tr><td colspan=2>Envios<tr><td>Nome<td>IDMSG<tr><td>Ana<td>236180474</table>",
        "<table><tr><td colspan=2>Nome<td colspan='1'>IDMSG<tr><td>Ana<td>Lima<td>236180474",
        "<table><tr><td colspan='1'>Nome<td>IDMSG<tr><td colspan=0>Ana<td>236180474",
        "<table><tr><td>Nome<td>IDMSG<tr><td rowspan=1>Ana<td rowspan='1'>236180474</table>",
        "<table><tr><td>Maio</table>texto<table><tr><td>Nome<td>IDMSG<tr><td>Ana<td>236180474</table>",
        "<table><tr><td>Nome<td>IDMSG<tr><td>Ana<td>236.180.474,00</table>",
        "<html><body><pre>Nome;IDMSG\nAna;236180474\n</pre></body></html>",
        "<html><body>Nome;IDMSG<br>Ana;236180474<br/></body></html>",
        "<html><body><div>Nome;IDMSG</div><div>Ana;236180474</div></body></html>",
    ],
)  # fmt: skip
def test_the_column_of_a_table_is_read(page: str) -> None:
    """Whatever surrounds it, and in whichever way the page is written."""
    given = read(page)

    assert ["236180474"] == [one.value for one in given.ids]
    assert () == given.ignored


def test_a_table_of_one_row_is_a_list_of_its_cells() -> None:
    """None of them is lost."""
    page = "<table><tr>\n<td>MPG000236180474</td>\n<td>MPG000236180475</td>\n</table>"

    assert ["MPG000236180474", "MPG000236180475"] == [one.value for one in read(page).ids]


def test_rows_are_counted_as_a_spreadsheet_shows_them() -> None:
    """From the first one of the table; what is left out is shown as people see it."""
    page = f"<html><body><table>{HEAD}{ROW}<tr><td>x</td><td>12/05 &lt;b&gt;</td></tr></table>"

    assert [(3, "12/05 <b>")] == [(one.number, one.text) for one in read(page).ignored]


def test_columns_are_bounded() -> None:
    """A cell that covers a million columns costs no more than those that are split."""
    page = f"<table><tr><td colspan=999>Nome<td>x<tr><td>{'<td>' * 9}<td>MPG000236180474"

    assert 1 == len(read(page).ids)


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ("<html><body><p>Nada</p></body></html>", ListProblem.WEB_PAGE),
        ("<html><table><tr><td>Fone<td>x<tr><td>11987654321<td>y</table>", ListProblem.WEB_PAGE),
        ("<table><tr><td rowspan=2>x<td>IDMSG<tr><td>236180474</table>", ListProblem.WEB_PAGE),
        ("<table><tr><td rowspan='10'>x<td>IDMSG<tr><td>236180474</table>", ListProblem.WEB_PAGE),
        ("\nMIME-Version: 1.0\r\n\r\n<table><tr><td>IDMSG", ListProblem.WEB_PAGE),
        ("<table><tr><td>IDMSG</td></tr></table>", ListProblem.EMPTY_COLUMN),
        (
            '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>\n<Workbook><Row>',
            ListProblem.SPREADSHEET,
        ),
        ("<ss:Workbook xmlns:ss='x'>", ListProblem.SPREADSHEET),
        ("1 < 2 <html><table>", ListProblem.NO_COLUMN),
    ],
)
def test_a_page_without_a_list_is_told_as_one(page: str, problem: ListProblem) -> None:
    """Also where merged cells hide which column is which; a workbook is a spreadsheet."""
    with pytest.raises(UnreadableListError) as raised:
        read(page)

    assert problem is raised.value.problem
