"""`voicestatus lookup --file` as a process of its own, against the sandbox gateway."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import pty
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from voicestatus_process import CREDENTIAL, TOKEN, Voicestatus, ended, gateway_settings

from bot.domain.bulk import LARGEST
from bot.gateway.sandbox import SeenRequest, running_sandbox

pytestmark = pytest.mark.slow

LIST = (
    "Nome;IDMSG;Telefone\r\n"
    "João;SANDBOX-OK;5511987654321\r\n"
    "Zoë;SANDBOX-BUSY;5511987654322\r\n"
    "Ana;SANDBOX-OK;5511987654321\r\n"
    "Rui;5511987654323;\r\n"
    "Eva;SANDBOX-NOANSWER;1\r\n"
)


@pytest.fixture
def seen() -> list[SeenRequest]:
    """What the sandbox was asked."""
    return []


@pytest.fixture
async def voicestatus(tmp_path: Path, seen: list[SeenRequest]) -> AsyncIterator[Voicestatus]:
    """The command line with settings for a running sandbox, and a list."""
    (tmp_path / "ids.csv").write_bytes(LIST.encode("cp1252"))
    async with running_sandbox(port=0, requests=seen) as url:
        settings = {**gateway_settings(url), "GATEWAY_REQUESTS_PER_SECOND": "1000"}
        yield Voicestatus(directory=tmp_path, settings=settings)


def rows(text: str, delimiter: str = ",") -> list[list[str]]:
    """The cells of a sheet."""
    lines = text.removeprefix("\ufeff").splitlines()
    return [*csv.reader(lines, delimiter=delimiter, strict=True)]


def written(path: Path, count: int, form: str = "SANDBOX-ok.{}.00") -> Path:
    """A list of as many different ids."""
    path.write_text("\n".join(["IDMSG", *(form.format(n) for n in range(count))]))
    return path


async def test_a_list_is_answered_as_a_sheet(voicestatus: Voicestatus) -> None:
    """On standard output, in the order of the list, doubles once, ignored lines below."""
    got = await voicestatus.run("lookup", "--file", "ids.csv")
    sheet = rows(got.out)
    assert [
        ["1", "SANDBOX-OK", "answered"],
        ["2", "SANDBOX-BUSY", "not completed"],
        ["3", "SANDBOX-NOANSWER", "not completed"],
    ] == [row[:3] for row in sheet[1:4]]
    assert ["5", "'+55 (11) *****-4323", "ignored"] == sheet[-1][:3]
    assert 0 == got.code


async def test_what_was_found_is_said_before_and_the_sum_after(voicestatus: Voicestatus) -> None:
    """On standard error: ids, doubles, ignored lines and why; counts, shares, answer rate."""
    got = await voicestatus.run("lookup", "--file", "ids.csv")
    wanted = [
        "3 calls to look up, from the column “IDMSG”.",
        "1 repetition is asked about once.",
        "1 line holds no IDMSG and is left out:",
        "  Line 5, “5511987654323”: it looks like a phone number.",
        "3 calls were asked about:",
        "    33.3%  1 answered",
        "    66.7%  2 not completed",
        "Answer rate: 33.3% (1 of the 3 with a final status).",
    ]
    assert wanted == got.err.splitlines()


async def test_all_of_it_is_said_in_the_language_that_was_asked_for(
    voicestatus: Voicestatus,
) -> None:
    """Sheet and sums in Portuguese, with semicolons and decimal commas."""
    got = await voicestatus.run("lookup", "--file", "ids.csv", "--language", "pt-BR")
    sheet = rows(got.out, ";")
    assert ("Resultado", "atendida", "85,00") == (sheet[0][2], sheet[1][2], sheet[1][6])
    assert "Taxa de atendimento: 33,3% (1 das 3 com status final)." in got.err


async def test_of_many_lines_without_an_id_the_first_few_are_shown(
    voicestatus: Voicestatus,
) -> None:
    """And how many more there are."""
    given = b"IDMSG\nSANDBOX-OK\n" + b"5511987654321\n" * 9
    got = await voicestatus.run("lookup", "--file", "-", "--json", given=given)
    lines = got.err.splitlines()
    assert "9 lines hold no IDMSG and are left out:" == lines[1]
    assert [3, 4, 5, 6, 7] == [int(line.split()[1].rstrip(",")) for line in lines[2:7]]
    assert "  and 4 more" == lines[7]


async def test_in_a_terminal_a_bar_shows_how_far_it_is(voicestatus: Voicestatus) -> None:
    """With counts by outcome; the results do not go through it."""
    ours, theirs = pty.openpty()
    process = await voicestatus.start("lookup", "--file", "ids.csv", "--json", err=theirs)
    os.close(theirs)
    got, shown = await asyncio.gather(ended(process), asyncio.to_thread(_all_of, ours))
    assert ["SANDBOX-OK", "SANDBOX-BUSY", "SANDBOX-NOANSWER"] == [r["idmsg"] for r in got.records]
    assert "3/3" in shown
    assert "1 answered, 2 not completed" in shown
    assert "Answer rate: 33.3%" in shown


def _all_of(terminal: int) -> str:
    """What a process writes to a terminal until it ends."""
    parts = []
    # Linux tells the end of a terminal by an error.
    with suppress(OSError):
        while part := os.read(terminal, 4096):
            parts.append(part)
    os.close(terminal)
    return b"".join(parts).decode()


async def test_json_has_the_records_of_lookup(voicestatus: Voicestatus) -> None:
    """The same objects that the ids on the command line would give."""
    by_file = await voicestatus.run("lookup", "--file", "ids.csv", "--json")
    by_words = await voicestatus.run(
        "lookup", "SANDBOX-OK", "SANDBOX-BUSY", "SANDBOX-NOANSWER", "--json"
    )
    assert by_words.records == by_file.records


async def test_a_list_comes_from_standard_input_too(voicestatus: Voicestatus) -> None:
    """A single hyphen stands for it."""
    given = b"SANDBOX-BUSY\nSANDBOX-OK\n"
    got = await voicestatus.run("lookup", "--file", "-", "--json", given=given)
    assert ["SANDBOX-BUSY", "SANDBOX-OK"] == [one["idmsg"] for one in got.records]


async def test_the_result_is_written_to_a_file(voicestatus: Voicestatus, tmp_path: Path) -> None:
    """Then standard output stays empty, and where the result is, is said."""
    got = await voicestatus.run("lookup", "--file", "ids.csv", "--output", "result.csv")
    text = await asyncio.to_thread((tmp_path / "result.csv").read_bytes)
    assert text.startswith("\ufeffNo.,IDMSG".encode())
    assert ("", "The result is in result.csv.") == (got.out, got.err.splitlines()[-1])


async def test_a_result_that_cannot_be_written_is_told_in_one_sentence(
    voicestatus: Voicestatus,
) -> None:
    """A full disk, before anything is lost in a traceback."""
    got = await voicestatus.run("lookup", "--file", "ids.csv", "--output", "/dev/full")

    assert 2 == got.code
    assert "The result cannot be written" in got.err
    assert "Traceback" not in got.err


async def test_each_id_is_asked_once(voicestatus: Voicestatus, seen: list[SeenRequest]) -> None:
    """Doubles cost no request, phone numbers neither."""
    await voicestatus.run("lookup", "--file", "ids.csv")
    assert 3 == len(seen)


async def test_many_ids_are_answered_in_their_order(voicestatus: Voicestatus) -> None:
    """Hundreds at twenty at once; how far it is comes in lines where there is no terminal."""
    written(voicestatus.directory / "many.csv", 300)
    got = await voicestatus.run("lookup", "--file", "many.csv", "--json")
    assert [f"SANDBOX-ok.{n}.00" for n in range(300)] == [one["idmsg"] for one in got.records]
    steps = [line for line in got.err.splitlines() if " of 300: " in line]
    assert 10 == len(steps)
    assert "300 of 300: 300 answered" == steps[-1]


@pytest.mark.parametrize(
    ("code", "ids"),
    [
        (0, "SANDBOX-BUSY"),
        (3, "SANDBOX-FOREVER\nSANDBOX-OK"),
        (4, "SANDBOX-023\nSANDBOX-FOREVER"),
        (5, "SANDBOX-FAULT-html\nSANDBOX-023"),
    ],
)
async def test_exit_code_is_the_highest(voicestatus: Voicestatus, code: int, ids: str) -> None:
    """As for ids on the command line; without a final status there is no answer rate."""
    got = await voicestatus.run("lookup", "--file", "-", "--json", given=ids.encode())
    assert code == got.code
    assert ("Answer rate: not known" in got.err) is (code > 3)


@pytest.mark.parametrize("code", ["001", "019", "022", "900"])
async def test_a_refusal_of_the_gateway_stops_the_list(
    voicestatus: Voicestatus, seen: list[SeenRequest], code: str
) -> None:
    """The reason is said, nothing more is asked, and the rest says that it was not asked."""
    ids = "\n".join([f"SANDBOX-{code}", *(f"SANDBOX-ok.{n}.00" for n in range(200))])
    careful = voicestatus.having(GATEWAY_MAX_CONCURRENCY="2")
    got = await careful.run("lookup", "--file", "-", given=ids.encode())
    assert 4 == got.code
    assert len(seen) < 200
    assert f"Stopped: The gateway gave no status (code {code})" in got.err
    assert "calls were not asked about." in got.err
    sheet = rows(got.out)
    assert (201, "not asked") == (len(sheet) - 1, sheet[-1][2])


async def test_json_has_no_record_of_what_was_not_asked(voicestatus: Voicestatus) -> None:
    """A record is an answer."""
    ids = "\n".join(["SANDBOX-001", *(f"SANDBOX-ok.{n}.00" for n in range(200))])
    careful = voicestatus.having(GATEWAY_MAX_CONCURRENCY="1")
    got = await careful.run("lookup", "--file", "-", "--json", given=ids.encode())
    assert ["SANDBOX-001"] == [record["idmsg"] for record in got.records]


async def test_interrupted_it_writes_what_is_known(
    voicestatus: Voicestatus, seen: list[SeenRequest], tmp_path: Path
) -> None:
    """Exit code 130; answers that waited for a late one are among them."""
    written(tmp_path / "list.csv", 30, "SANDBOX-ok.{}.00")
    late = (tmp_path / "list.csv").read_text().replace("ok.3.00", "SLOW-60")
    (tmp_path / "list.csv").write_text(late)
    process = await voicestatus.start("lookup", "--file", "list.csv")
    async with asyncio.timeout(20):
        while len(seen) < 30:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.05)
    process.send_signal(signal.SIGINT)
    got = await ended(process)
    words = [row[2] for row in rows(got.out)[1:]]
    assert 130 == got.code
    assert "not asked" == words[3]
    # Twenty are asked at once, so that the thirtieth is asked when ten have their answer.
    assert words.count("answered") >= 10
    assert " not asked about." in got.err
    assert "Traceback" not in got.err


async def test_whoever_reads_the_result_may_leave(voicestatus: Voicestatus) -> None:
    """As `head` does: no traceback, and nothing more is asked for long."""
    written(voicestatus.directory / "many.csv", 2_000)
    process = await voicestatus.start("lookup", "--file", "many.csv")
    assert process.stdout is not None
    await process.stdout.readline()
    process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined]
    assert process.stderr is not None
    async with asyncio.timeout(20):
        err = (await process.stderr.read()).decode()
        assert 1 == await process.wait()
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "given", "said"),
    [
        (["--file", "nowhere.csv"], None, "nowhere.csv is no file that can be opened"),
        (["--file", "."], None, ". is no file that can be opened"),
        (["--file", "-"], b"", "There is nothing in it."),
        (["--file", "-"], b"PK\x03\x04 xl/workbook.xml", "Please save it as CSV"),
        (["--file", "-"], b"5511987654321\n", "I cannot tell which column holds the IDMSGs."),
        (["--file", "-"], b"1\n" * 1_000_000, "1,000,000 lines; I read up to 100,000."),
        (["--file", "-"], b"x" * 6_000_000, "I read up to 5 MB."),
        (
            ["--file", "-"],
            "".join(f"MPG{n:012}\n" for n in range(LARGEST + 1)).encode(),
            "10,001 IDMSGs; I look up to 10,000 at a time.",
        ),
        (["--file", "ids.csv", "--output", "ids.csv"], None, "would overwrite the list"),
        (["--file", "ids.csv", "--output", "no/such"], None, "cannot be opened for writing"),
        (["--file", "ids.csv", "SANDBOX-OK"], None, "Give one or more IDMSGs, or --file"),
        (["SANDBOX-OK", "--output", "x.csv"], None, "--output goes with --file"),
        ([], None, "Give one or more IDMSGs, or --file"),
    ],
)
async def test_what_cannot_be_done_is_said_before_anything_is_asked(
    voicestatus: Voicestatus,
    seen: list[SeenRequest],
    arguments: list[str],
    given: bytes | None,
    said: str,
) -> None:
    """Exit code 2, a sentence or two, no traceback, no request, and the list is as it was."""
    got = await voicestatus.run("lookup", *arguments, given=given)
    assert (2, "", []) == (got.code, got.out, seen)
    assert said in got.err
    assert "`" not in got.err + "".join(["Traceback"] * ("Traceback" in got.err))
    assert LIST.encode("cp1252") == (voicestatus.directory / "ids.csv").read_bytes()


async def test_problems_of_settings_and_of_the_list_are_said_together(tmp_path: Path) -> None:
    """So that one need not start again for each."""
    got = await Voicestatus(directory=tmp_path).run("lookup", "--file", "nowhere.csv")
    assert 2 == got.code
    assert ["GATEWAY_CREDENTIAL", "GATEWAY_TOKEN", "The"] == [
        line.split()[0] for line in got.err.splitlines()
    ]


async def test_nothing_secret_is_written(voicestatus: Voicestatus) -> None:
    """Neither keys nor whole phone numbers of lines that were left out go into the sheet."""
    got = await voicestatus.run("lookup", "--file", "ids.csv")
    assert [] == [one for one in (CREDENTIAL, TOKEN) if one in got.out + got.err]
    assert "5511987654323" not in got.out


async def test_hostile_text_of_a_list_reaches_no_terminal(voicestatus: Voicestatus) -> None:
    """Control characters of a line that is left out are not printed."""
    given = b"SANDBOX-OK\n\x1b[31mowned\n"
    got = await voicestatus.run("lookup", "--file", "-", "--json", given=given)
    assert "owned" in got.err
    assert "\x1b" not in got.err
    assert 1 == len([json.loads(line) for line in got.out.splitlines()])
