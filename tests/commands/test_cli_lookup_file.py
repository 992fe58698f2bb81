"""`voicestatus lookup --file`: a whole list, its result, and the messages beside it."""

from __future__ import annotations

import csv
import os
import pty
import signal
from collections.abc import Iterable
from contextlib import suppress

import pytest

from bot.commands.lookup_progress import showing
from bot.domain.call_status import read_result
from bot.domain.jobs.bulk import LARGEST, Tally
from bot.domain.texts.catalog import Catalog
from bot.domain.texts.explanation import explain
from tests.commands.conftest import Seen
from tests.support.voicestatus_process import CREDENTIAL, TOKEN, Voicestatus, ended
from tests.support.wording import EN, PT, rate, say

LIST = (
    "Nome;IDMSG;Telefone\r\n"
    "João;SANDBOX-OK;5511987654321\r\n"
    "Zoë;SANDBOX-BUSY;5511987654322\r\n"
    "Ana;SANDBOX-OK;5511987654321\r\n"
    "Rui;5511987654323;\r\n"
    "Eva;SANDBOX-NOANSWER;1\r\n"
)
USAGE = "Give one or more IDMSGs, or --file with a list; --output goes with --file."


@pytest.fixture
def voicestatus(voicestatus: Voicestatus) -> Voicestatus:
    """The command line with settings for a running sandbox, and a list."""
    (voicestatus.directory / "ids.csv").write_bytes(LIST.encode("cp1252"))
    return voicestatus


def rows(text: str, delimiter: str = ",") -> list[list[str]]:
    """The cells of a sheet."""
    lines = text.removeprefix("\ufeff").splitlines()
    return [*csv.reader(lines, delimiter=delimiter, strict=True)]


def listed(ids: Iterable[str]) -> bytes:
    """A list of these ids."""
    return "\n".join(["IDMSG", *ids]).encode()


def answered(count: int) -> list[str]:
    """As many ids of calls that were answered."""
    return [f"SANDBOX-ok.{number}.00" for number in range(count)]


def test_a_list_is_answered_as_a_sheet(voicestatus: Voicestatus) -> None:
    """On standard output, in the order of the list, doubles once, ignored lines below."""
    got = voicestatus.run("lookup", "--file", "ids.csv")
    sheet = rows(got.out)
    assert [
        [say("sheet.line"), say("sheet.idmsg"), say("sheet.outcome")],
        ["1", "SANDBOX-OK", say("outcome_word.answered")],
        ["2", "SANDBOX-BUSY", say("outcome_word.failed")],
        ["3", "SANDBOX-NOANSWER", say("outcome_word.failed")],
    ] == [row[:3] for row in sheet[:4]]
    assert ["5", "", say("sheet.ignored")] == sheet[-1][:3]
    assert 0 == got.code


@pytest.mark.parametrize(
    ("catalog", "third", "two_thirds"),
    [(EN, "33.3%", "66.7%"), (PT, "33,3%", "66,7%")],
    ids=["en", "pt-BR"],
)
def test_what_was_found_is_said_before_and_the_sum_after(
    voicestatus: Voicestatus, catalog: Catalog, third: str, two_thirds: str
) -> None:
    """On standard error: ids, doubles, ignored lines and why; counts, shares, answer rate."""
    got = voicestatus.run("lookup", "--file", "ids.csv", "--language", catalog.language)
    reason = catalog.say("list.ignored.phone")
    answered = catalog.say("count.answered", count=1)
    failed = catalog.say("count.failed", count=2)
    assert [
        catalog.say("list.terminal.found_in", count=3, column="IDMSG"),
        catalog.say("list.terminal.doubles", count=1),
        catalog.say("list.terminal.ignored", count=1),
        catalog.say(
            "list.terminal.ignored_line", number=5, text="+55 (11) *****-4323", reason=reason
        ),
        catalog.say("list.terminal.done", count=3),
        catalog.say("list.terminal.share", share=f"  {third}", summary=answered),
        catalog.say("list.terminal.share", share=f"  {two_thirds}", summary=failed),
        rate(third, answered=1, count=3, catalog=catalog),
    ] == got.err.splitlines()


def test_a_file_gets_the_columns_of_the_list(voicestatus: Voicestatus) -> None:
    """Each row is followed by its number and the result of its call, or the reason for none."""
    voicestatus.run("lookup", "--file", "ids.csv", "--output", "out.csv")
    head, *sheet = rows((voicestatus.directory / "out.csv").read_text("utf-8"))
    assert ["Nome", "IDMSG", "Telefone", say("sheet.line")] == head[:4]
    assert [
        ["João", "SANDBOX-OK", "5511987654321", "2", "SANDBOX-OK"],
        ["Zoë", "SANDBOX-BUSY", "5511987654322", "3", "SANDBOX-BUSY"],
        ["Ana", "SANDBOX-OK", "5511987654321", "4", "SANDBOX-OK"],
        ["Rui", "5511987654323", "", "5", ""],
    ] == [row[:5] for row in sheet[:4]]
    assert say("sheet.ignored") == sheet[3][5]


def test_the_sheet_is_in_the_language_that_was_asked_for(voicestatus: Voicestatus) -> None:
    """In Portuguese with semicolons and decimal commas."""
    got = voicestatus.run("lookup", "--file", "ids.csv", "--language", "pt-BR")
    head, first, *_ = rows(got.out, ";")
    assert (say("sheet.duration", PT), "85,00") == (head[6], first[6])


def test_of_many_lines_without_an_id_the_first_few_are_shown(voicestatus: Voicestatus) -> None:
    """And how many more there are."""
    given = listed(["SANDBOX-OK", *["5511987654321"] * 9])
    lines = voicestatus.run("lookup", "--file", "-", given=given).err.splitlines()
    reason = say("list.ignored.phone")
    assert [
        say("list.terminal.ignored", count=9),
        *(
            say(
                "list.terminal.ignored_line",
                number=number,
                text="+55 (11) *****-4321",
                reason=reason,
            )
            for number in (3, 4, 5, 6, 7)
        ),
        say("list.terminal.ignored_more", count=4),
    ] == lines[1:8]


def test_in_a_terminal_a_bar_shows_how_far_it_is(voicestatus: Voicestatus) -> None:
    """With counts by outcome; the results do not go through it."""
    ours, theirs = pty.openpty()
    with voicestatus.started("lookup", "--file", "ids.csv", "--json", err=theirs) as process:
        os.close(theirs)
        shown = _all_of(ours)
        got = ended(process)
    summary = f"{say('count.answered', count=1)}, {say('count.failed', count=2)}"
    assert ["SANDBOX-OK", "SANDBOX-BUSY", "SANDBOX-NOANSWER"] == [r["idmsg"] for r in got.records]
    assert ("3/3" in shown, summary in shown) == (True, True)
    assert rate("33.3%", answered=1, count=3) in shown


def test_in_a_terminal_it_says_that_no_audit_records_it(voicestatus: Voicestatus) -> None:
    """As long as no bot has made its database; a script's standard error stays empty."""
    ours, theirs = pty.openpty()
    with voicestatus.started("lookup", "SANDBOX-OK", err=theirs) as process:
        os.close(theirs)
        shown = _all_of(ours)
        ended(process)
    assert ("audit" in shown, "") == (True, voicestatus.run("lookup", "SANDBOX-OK").err)


def _all_of(terminal: int) -> str:
    """A process's output to a terminal until it ends."""
    parts = []
    # Linux reports the end of a terminal as an error.
    with suppress(OSError):
        while part := os.read(terminal, 4096):
            parts.append(part)
    os.close(terminal)
    return b"".join(parts).decode()


@pytest.mark.parametrize(
    ("total", "said"),
    [
        (9, []),
        (45, ["10 of 45", "20 of 45", "30 of 45", "40 of 45"]),
        (2_000, [f"{n:,} of 2,000" for n in range(200, 2_001, 200)]),
    ],
)
def test_where_there_is_no_terminal_each_tenth_is_worth_a_line(
    capsys: pytest.CaptureFixture[str], total: int, said: list[str]
) -> None:
    """If it is ten calls at least; with numbers as people write them, and counts by outcome."""
    with showing(total, EN, bar=False) as show:
        for asked in range(1, total + 1):
            show(Tally(counts={"answered": asked}))

    def line(asked: str, of_all: str) -> str:
        summary = say("count.answered", count=int(asked.replace(",", "")))
        return say("list.terminal.progress", asked=asked, total=of_all, summary=summary)

    assert [line(*one.split(" of ")) for one in said] == capsys.readouterr().err.splitlines()


def test_json_has_the_records_of_lookup(voicestatus: Voicestatus) -> None:
    """The same objects that the ids on the command line would give."""
    by_file = voicestatus.run("lookup", "--file", "ids.csv", "--json")
    by_words = voicestatus.run("lookup", "SANDBOX-OK", "SANDBOX-BUSY", "SANDBOX-NOANSWER", "--json")
    assert by_words.records == by_file.records


def test_a_list_comes_through_a_pipe_too(voicestatus: Voicestatus) -> None:
    """A single hyphen means standard input."""
    given = b"SANDBOX-BUSY\nSANDBOX-OK\n"
    got = voicestatus.run_process("lookup", "--file", "-", "--json", given=given)
    assert ["SANDBOX-BUSY", "SANDBOX-OK"] == [one["idmsg"] for one in got.records]


def test_the_result_is_written_to_a_file(voicestatus: Voicestatus) -> None:
    """For its user alone; standard output is empty, and the location of the result is printed."""
    got = voicestatus.run("lookup", "--file", "ids.csv", "--output", "result.csv")
    result = voicestatus.directory / "result.csv"
    written = result.read_text("utf-8")
    assert 0o600 == result.stat().st_mode & 0o777
    assert say("sheet.outcome") in written.partition("\n")[0]
    assert ("", say("list.terminal.written", file="result.csv")) == (
        got.out,
        got.err.splitlines()[-1],
    )


def test_a_result_that_cannot_be_written_is_told_in_one_sentence(voicestatus: Voicestatus) -> None:
    """A full disk, before anything is lost in a traceback."""
    got = voicestatus.run("lookup", "--file", "ids.csv", "--output", "/dev/full")
    sentence = say("list.terminal.no_output", file="/dev/full")
    assert (2, sentence) == (got.code, got.err.splitlines()[-1])


def test_each_id_is_asked_once(voicestatus: Voicestatus, seen: Seen) -> None:
    """Doubles cost no request, phone numbers neither."""
    voicestatus.run("lookup", "--file", "ids.csv")
    assert 3 == len(seen)


def test_many_ids_are_answered_in_their_order(voicestatus: Voicestatus) -> None:
    """As many at a time as allowed; without a terminal the progress is printed as lines."""
    ids = ["SANDBOX-SLOW-0.2", *answered(59)]
    got = voicestatus.run("lookup", "--file", "-", "--json", given=listed(ids))
    assert ids == [one["idmsg"] for one in got.records]
    summary = say("count.answered", count=60)
    progress = say("list.terminal.progress", asked=60, total=60, summary=summary)
    assert 1 == got.err.splitlines().count(progress)


@pytest.mark.parametrize(
    ("code", "ids"),
    [
        (0, ["SANDBOX-BUSY"]),
        (3, ["SANDBOX-FOREVER", "SANDBOX-OK"]),
        (4, ["SANDBOX-023", "SANDBOX-FOREVER"]),
        (5, ["SANDBOX-FAULT-html", "SANDBOX-023"]),
    ],
)
def test_the_exit_code_is_the_highest(voicestatus: Voicestatus, code: int, ids: list[str]) -> None:
    """As for ids on the command line; without a final status there is no answer rate."""
    got = voicestatus.run("lookup", "--file", "-", "--json", given=listed(ids))
    assert (code, code > 3) == (got.code, say("list.terminal.no_rate") in got.err.splitlines())


@pytest.mark.parametrize("code", ["001", "019", "022", "900"])
def test_a_refusal_of_the_gateway_stops_the_list(
    voicestatus: Voicestatus, seen: Seen, code: str
) -> None:
    """The reason is printed, those that wait are not sent, and the rest is marked as not asked."""
    given = listed([f"SANDBOX-{code}", *answered(200)])
    careful = voicestatus.having(GATEWAY_REQUESTS_PER_SECOND="1")
    got = careful.run("lookup", "--file", "-", given=given)
    explanation = explain(read_result(code), EN)
    stopped = say(
        "list.terminal.stopped", headline=explanation.headline, advice=explanation.entry.advice
    )
    error = say("count.gateway_error", count=1)
    assert (4, 1) == (got.code, len(seen))
    assert [
        say("list.terminal.found_in", count=201, column="IDMSG"),
        stopped.replace("`", '"'),
        say("list.terminal.done", count=1),
        say("list.terminal.share", share="   100%", summary=error),
        say("list.terminal.not_asked", count=200),
        say("list.terminal.no_rate"),
    ] == got.err.splitlines()
    outcomes = [row[2] for row in rows(got.out)[1:]]
    assert [say("outcome_word.gateway_error"), *[say("sheet.not_asked")] * 200] == outcomes


def test_json_has_no_record_of_what_was_not_asked(voicestatus: Voicestatus) -> None:
    """A record is an answer."""
    careful = voicestatus.having(GATEWAY_MAX_CONCURRENCY="1")
    given = listed(["SANDBOX-001", *answered(9)])
    got = careful.run("lookup", "--file", "-", "--json", given=given)
    assert ["SANDBOX-001"] == [record["idmsg"] for record in got.records]


def test_interrupted_it_writes_what_is_known(voicestatus: Voicestatus, seen: Seen) -> None:
    """Exit code 130; answers that waited for a late one are among them."""
    ids = [*answered(3), "SANDBOX-SLOW-60", *answered(30)[4:]]
    (voicestatus.directory / "late.csv").write_bytes(listed(ids))
    # Three run together, so that of twenty sent requests seventeen were answered.
    few = voicestatus.having(GATEWAY_MAX_CONCURRENCY="2", GATEWAY_TIMEOUT_SECONDS="100")
    with few.started("lookup", "--file", "late.csv") as process:
        seen.wait_for(20)
        process.send_signal(signal.SIGINT)
        got = ended(process)
    outcomes = [row[2] for row in rows(got.out)[1:]]
    known = outcomes.count(say("outcome_word.answered"))
    assert 130 == got.code
    assert (30, say("sheet.not_asked"), True) == (len(outcomes), outcomes[3], known >= 17)
    assert say("list.terminal.not_asked", count=30 - known) in got.err.splitlines()
    assert "Traceback" not in got.err


def test_whoever_reads_the_result_may_leave(voicestatus: Voicestatus) -> None:
    """As `head` does: no traceback, and requests soon stop."""
    # More than a pipe's capacity, so that the process cannot end before the reader leaves.
    (voicestatus.directory / "many.csv").write_bytes(listed(answered(400)))
    with voicestatus.started("lookup", "--file", "many.csv") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        process.stdout = None
        end = ended(process)
    assert (1, False) == (end.code, "Traceback" in end.err)


def problem(name: str, **values: str) -> str:
    """The problem of a list, as a terminal shows it."""
    return say(f"list.problem.{name}", **values).replace("`", '"')


@pytest.mark.parametrize(
    ("arguments", "given", "said"),
    [
        (["--file", "nowhere.csv"], b"", say("list.terminal.no_file", file="nowhere.csv")),
        (["--file", "."], b"", say("list.terminal.no_file", file=".")),
        (["--file", "\x1b[2J"], b"", say("list.terminal.no_file", file=r"'\x1b[2J'")),
        (["--file", "-"], b"", problem("empty")),
        (["--file", "-"], b"PK\x03\x04 xl/workbook.xml", problem("spreadsheet")),
        (["--file", "-"], b"5511987654321\n", problem("no_column")),
        (
            ["--file", "-"],
            b"1\n" * 100_001,
            problem("too_many_lines", count="100,001", limit="100,000"),
        ),
        (["--file", "-"], b"x" * 5_000_001, problem("too_large", limit="5")),
        (["--file", "-"], listed(answered(11)), problem("too_many_ids", count="11", limit="10")),
        (["--file", "ids.csv", "--output", "ids.csv"], b"", say("list.terminal.same_file")),
        (
            ["--file", "ids.csv", "--output", "no/such"],
            b"",
            say("list.terminal.no_output", file="no/such"),
        ),
        (["--file", "ids.csv", "SANDBOX-OK"], b"", USAGE),
        (["SANDBOX-OK", "--output", "x.csv"], b"", USAGE),
        ([], b"", USAGE),
    ],
    ids=[
        *("no file", "a folder", "a hostile name", "empty", "a spreadsheet", "no column"),
        *("too many lines", "too large", "too many ids", "list as output", "no output"),
        *("ids and a list", "output without a list", "nothing"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_asked(
    voicestatus: Voicestatus, seen: Seen, arguments: list[str], given: bytes, said: str
) -> None:
    """Exit code 2, a line, no request, and the list is as it was."""
    got = voicestatus.having(BULK_MAX_IDS="10").run("lookup", *arguments, given=given)
    assert (2, "", []) == (got.code, got.out, seen)
    assert [said] == got.err.splitlines()
    assert LIST.encode("cp1252") == (voicestatus.directory / "ids.csv").read_bytes()


def test_problems_of_settings_and_of_the_list_are_said_together(bare: Voicestatus) -> None:
    """So that a user can fix all at once; the settings do not give the largest size."""
    given = listed(f"MPG{number:012}" for number in range(LARGEST + 1))
    got = bare.run("lookup", "--file", "-", given=given)
    *named, last = got.err.splitlines()
    assert (2, ["GATEWAY_CREDENTIAL", "GATEWAY_TOKEN"]) == (
        got.code,
        [line.split()[0] for line in named],
    )
    assert problem("too_many_ids", count="10,001", limit="10,000") == last


def test_nothing_secret_is_written(voicestatus: Voicestatus) -> None:
    """Neither keys nor whole phone numbers of lines that were left out go into the sheet."""
    got = voicestatus.run("lookup", "--file", "ids.csv")
    assert [] == [one for one in (CREDENTIAL, TOKEN) if one in got.out + got.err]
    assert "5511987654323" not in got.out


def test_hostile_text_of_a_list_reaches_no_terminal(voicestatus: Voicestatus) -> None:
    """Control characters of a line that is left out are not printed."""
    given = b"SANDBOX-OK\n\x1b[31mowned\n"
    got = voicestatus.run("lookup", "--file", "-", "--json", given=given)
    assert ("owned" in got.err, "\x1b" in got.err) == (True, False)
    assert 1 == len(got.records)
