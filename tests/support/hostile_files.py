"""Files of permitted size that are expensive to parse, and ordinary ones for comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import cycle, islice
from typing import Final

Made = Callable[[int], bytes]

_MOST_LINES: Final = 99_990
_A: Final = "MPG000236180474"


def lines(line: str, size: int, *, encoding: str = "utf-8", head: bytes = b"") -> bytes:
    """The same line repeated."""
    one = f"{line}\n".encode(encoding)
    most = _MOST_LINES // (line.count("\n") + 1)
    return head + one * min((size - len(head)) // len(one), most)


def cells(cell: str, size: int, *, columns: int = 200, delimiter: str = ";") -> bytes:
    """The same cell repeated."""
    return lines(delimiter.join([cell] * columns), size)


def numbered(line: str, size: int, *, head: str = "") -> bytes:
    """The same line with a number in it."""
    made = [head]
    room = size - len(head.encode())
    for number in range(_MOST_LINES):
        one = line.format(number) + "\n"
        room -= len(one.encode())
        if room < 0:
            break
        made.append(one)
    return "".join(made).encode()


def numbered_ids(line: str, count: int, size: int) -> bytes:
    """`count` lines with 10,000 ids in total."""
    return "".join(f"{line.format(n % 10_000)}\n" for n in range(count)).encode()[:size]


def text(one: str, size: int) -> bytes:
    """A text repeated without a line break."""
    return one.encode() * (size // len(one.encode()))


def _distinct(first: int, count: int, size: int) -> bytes:
    """Cells with almost no repeated character."""
    line = "mpg12345 " + "".join(islice(cycle(map(chr, range(first, first + count))), 900))
    return lines(line, size)


_LINES: Final = {
    "one character is eighteen": "MPG12345 " + "\ufdfa" * 1_990,
    "one character is eighteen, labelled": "idmsg: " + "\ufdfa" * 600,
    "accents": "idmsg " + "\u0301" * 950 + "x",
    "invisible characters": "mpg12345" + "\u200b" * 660,
    "hyphens that are none": "mpg12345" + "\u2010" * 660,
    "mathematical digits": "mpg12345" + "\U0001d7d8" * 490,
    "units in one character": "idmsg " + "\u33a5" * 660,
    "URLs in URLs": "MPG12345 http://a?u=http://b?u=" * 60,
    "what is quoted in URLs": "idmsg http://" + "%25" * 600,
    "emoji": "mpg12345 " + ":a" * 990,
    "long emoji": "mpg12345 " + (":" + "a" * 99) * 19,
    "phone numbers": "mpg12345 " + "11 9" * 490,
    "domains": "idmsg " + "a." * 990,
    "compound words": "idmsg " + "1-" * 990,
    "addresses": "idmsg " + "a@" * 990,
    "mentions": "idmsg " + "<@" * 990,
    "labels": "IDMSG " * 330,
    "short labels": "id: " + "id:" * 600 + " idmsg",
    "dressed labels": "idmsg " + "IDMSG:''" * 240,
    "said ids": "idmsg " + "IDMSG=a1" * 240,
    "doubtful words": "mpg12345 " + "12345678a " * 190,
    "amounts": "idmsg " + "R$ 1.1," * 280,
    "orders": "idmsg " + "order " * 330,
    "ids of the sandbox": "SANDBOX-a1 " * 180,
    "parts of the sandbox": "SANDBOX-a" + ".1" * 990,
    "ids in prose": "foo bar mpg12345 baz qux quux corge grault gart",
    "hints": "mpg1234 idmsg " * 142,
    "labels and words": "idmsg: x y z; foo bar idmsg: 1",
    "giant numbers": "1" * 1_990,
    "four delimiters": "idmsg a;b\tc,d|" * 50,
    "nothing but delimiters": ";\t,|" * 500,
    "quotation marks never closed": f'"abc;def;{_A}',
    "a quotation mark in each line": 'x"y;"' + "a" * 40,
    "quotation marks of long lines": '"' + "a;" * 16_000,
    "doubled quotation marks": '"' + '""' * 1_000 + f'";{_A}',
    "nothing but quotation marks": '";"a',
    "quotation marks and four delimiters": '"a;b\t,|";"' + "x;|,\t" * 3,
    "cells of several lines": '"a\nmpg12345\nc";x',
    "short lines": "1",
    "control characters": "a" * 199 + "\x01",
    "blanks": " " * 1_000,
}  # fmt: skip
_CELLS: Final = {
    "labelled cells": "idmsg: x y z",
    "cells of several ids": "mpg12345 idmsg: x y z w",
    "cells of ids": _A,
    "cells of numbers": "774000236180474",
    "giant cells": "1" * 90,
    "cells of tax numbers": "12345678909",
    "cells of dates": "12/05/2024",
    "cells of rounded numbers": "1,23457E+11",
    "cells of whole numbers": "236.180.474,00",
    "cells of numbers with blanks": "1 111 111 111 111",
    "cells of many groups": "1" + ".111" * 20,
    "cells of exponents": "2.36180474E8",
    "cells kept as text": "'236180474",
    "cells of phones": "(11) 98765-432",
    "cells like headings": "cod. de mensage",
    "cells of eighteen": "\ufdfa" * 20,
    "quoted cells": '"a"',
    "empty cells": "",
}
_OTHERS: Final[Mapping[str, Made]] = {
    "a heading and long cells": partial(lines, "z " * 990 + "mpg12345", head=b"IDMSG\n"),
    "a heading and ids that are too long": partial(lines, "1" * 45, head=b"IDMSG\n"),
    "a heading and doubtful ids": partial(numbered, "ab{}cd", head="IDMSG\n"),
    "a heading and lines without ids": partial(numbered, "nada {}", head="IDMSG\nMPG12345\n"),
    "a heading and rows without ids": partial(lines, ";" + "a;" * 9, head=b"IDMSG;a\nMPG12345;1\n"),
    "headings of eighteen": lambda size: cells("\ufdfa" * 400, min(size, 4_850_000)),
    "UTF-16": partial(lines, "idmsg: x y z;" * 150, encoding="utf-16-le", head=b"\xff\xfe"),
    "UTF-32": partial(lines, "idmsg: x y z;" * 150, encoding="utf-32-le", head=b"\xff\xfe\0\0"),
    "UTF-16, eighteen": partial(
        lines, "MPG12345 " + "\ufdfa" * 1_990, encoding="utf-16-le", head=b"\xff\xfe"
    ),
    "half characters": lambda size: b"\xff\xfe" + b"\x00\xd8" * (size // 2 - 1),
    "many characters": partial(_distinct, 0x4E00, 20_000),
    "many old characters": partial(_distinct, 0xF900, 1_500),
    "a delimiter of its own": partial(lines, "xaya z" * 100, head=b"sep=a\n"),
    "the quotation mark as delimiter": partial(lines, '"a"' * 10, head=b'sep="\n'),
    "one line of words": partial(text, "idmsg: x y z "),
    "one line of a word": partial(text, "a"),
    "one line of cells": partial(text, "a;"),
    "one line of quotation marks": partial(text, '"a;'),
    "one cell of quotation marks": lambda size: b'"' + text('""', size - 1),
    "one cell of many of them": lambda size: b'"' + text('""a', size - 3) + b'";',
    "one letter and its accents": lambda size: b"e" + text("\u0301", size - 1),
    "zeros": bytes,
    "nothing but control characters": partial(text, "\x01"),
    "nothing but blanks": partial(text, " "),
    "an archive": lambda size: b"PK\x03\x04" + text("xl", size - 4),
    "old letters": lambda size: b"\xe9" * size,
    "old lines": partial(lines, "idmsg: x y z\xe9", encoding="cp1252", head=b"\xc3\xa9\n"),
    "empty old lines": lambda size: b"\xe9" + b"\r\n" * (size // 2 - 1),
    "UTF-16 without a mark": partial(lines, "idmsg: x y z;" * 150, encoding="utf-16-le"),
    "a heading and totals": partial(numbered, "{}", head="IDMSG\nMPG12345\n"),
    "a page of cells": partial(text, "<tr><td>1<td>2"),
    "a page of merged cells": partial(text, "<tr><td colspan=200>1<td>2"),
    "a page of one row": lambda size: b"<tr>" + text("<td>1", size - 4),
    "a page of ids": partial(text, f"<tr><td>x</td><td>{_A}</td></tr>"),
    "a page of tags": partial(text, "<p>"),
    "a page of tags never closed": partial(text, "<p "),
    "a page of rows never closed": partial(text, "<tr "),
    "a page of signs": partial(text, "<p><!"),
    "a page of styles": partial(text, "<style>"),
    "a page of comments": partial(text, "<!---->"),
    "a page of a comment": lambda size: b"<!--" + b"-" * (size - 4),
    "a page of blanks": lambda size: b"<p>" + b" " * (size - 3),
    "a page of entities": partial(text, "<tr>&#233;&Aacute;&nbsp;&abcdefgh;"),
    "a page of ampersands": lambda size: b"<p>" + b"&" * (size - 3),
    "a page of processing": partial(text, "<?x?>"),
}

HOSTILE: Final[Mapping[str, Made]] = {
    **{name: partial(lines, line) for name, line in _LINES.items()},
    **{name: partial(cells, cell) for name, cell in _CELLS.items()},
    **_OTHERS,
}

_HEADINGS: Final = (
    "Data", "Nome", "Telefone", "IDMSG", "Duração", "Custo", "Canal", "Campanha", "UF", "Cidade",
    "CPF", "E-mail", "Obs", "Lote", "Status", "Rota", "Origem", "Destino", "Valor", "Protocolo",
)  # fmt: skip


def export(size: int, *, quoted: bool = False, notes: str = "não atendeu") -> bytes:
    """An ordinary export of twenty columns: 10,000 rows, or as many as fit."""
    mark = '"' if quoted else ""
    made = [";".join(f"{mark}{heading}{mark}" for heading in _HEADINGS)]
    room = size - len(made[0]) - 2
    for number in range(10_000):
        made.append(";".join(f"{mark}{cell}{mark}" for cell in _row(number, notes)))
        room -= len(made[-1]) + 2
        if room < 0:
            made.pop()
            break
    return "".join(f"{row}\r\n" for row in made).encode("cp1252")


def _row(number: int, notes: str) -> tuple[str, ...]:
    return (
        f"12/05/2024 10:{number % 60:02}", f"João da Silva {number}", f"55119{number:08}",
        f"MPG{number:012}", f"{number % 90},00", "0,35", "voz 0800 linha",
        f"Cobrança maio {number % 7} cliente", "SP", "São Paulo da Conceição", "123.456.789-09",
        f"cliente.sobrenome{number}@exemplo-de-dominio.com.br", notes, f"{number % 100}",
        "entregue", f"rota-{number % 5} principal", "0800 123 4567",
        f"(11) 9{number % 10_000:04}-5678", "1.234,56",
        f"20240512{number:08} " + "observação do atendimento humano " * 4,
    )  # fmt: skip


ORDINARY: Final[Mapping[str, Made]] = {
    "an export": export,
    "an export of numbers": lambda size: export(size).replace(b"MPG", b"774"),
    "an export with everything quoted": partial(export, quoted=True),
    "an export with cells of several lines": partial(export, notes='"ligou\r\nnão; atendeu"'),
    "a list": partial(numbered_ids, "MPG{:012}", 10_000),
    "a list of doubles": partial(numbered_ids, "MPG{:012}", 100_000),
    "a log": partial(
        numbered_ids, "2024-05-12T10:30:45Z host app[1]: sent MPG{:012} to carrier", 10_000
    ),
}
