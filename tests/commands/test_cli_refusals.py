"""`voicestatus lookup` when it cannot continue: wrong input, interrupts, closed pipes."""

from __future__ import annotations

import os
import signal

import pytest

from bot.domain.texts.catalog import Catalog
from tests.commands.conftest import Seen
from tests.support.voicestatus_process import Voicestatus, ended
from tests.support.wording import EN, PT, say


@pytest.mark.parametrize(
    ("words", "problems"),
    [
        pytest.param(["1" * 41], {"1" * 40: "problem.too_long"}, id="too long"),
        pytest.param([""], {"": "list.ignored.no_id"}, id="empty"),
        pytest.param(
            ["banana", "status", "SANDBOX-OK"],
            {"banana": "list.ignored.no_id", "status": "list.ignored.no_id"},
            id="words without a digit",
        ),
        pytest.param(
            ["A\x1b[2JB"], {r"'A\x1b[2JB'": "problem.unprintable"}, id="control characters"
        ),
        pytest.param(
            ["+55 (11) 98765-4321", "1" * 41],
            {"+55 (11) 98765-4321": "problem.phone", "1" * 40: "problem.too_long"},
            id="a phone number",
        ),
        pytest.param(
            ["\x07", "SANDBOX-OK", "\b", "A\u202eB", "X" * 61, "1" * 61],
            {
                r"'\x07'": "list.ignored.no_id",
                r"'\x08'": "list.ignored.no_id",
                r"'A\u202eB'": "list.ignored.no_id",
                "X" * 59 + "…": "list.ignored.no_id",
                "1" * 40: "problem.too_long",
            },
            id="a good one among bad ones",
        ),
    ],
)
@pytest.mark.parametrize("catalog", [EN, PT], ids=["en", "pt-BR"])
def test_words_that_are_no_ids_stop_it_before_any_request(
    voicestatus: Voicestatus,
    seen: Seen,
    words: list[str],
    problems: dict[str, str],
    catalog: Catalog,
) -> None:
    """A line for each, in the language, in quotes and not in Slack's marks; exit code 2.

    No character of a word can control the terminal, and the gateway gets no request.
    """
    refused = voicestatus.run("lookup", "--language", catalog.language, "--", *words)
    lines = [
        catalog.say("problem.line", word=word, problem=catalog.say(problem))
        for word, problem in problems.items()
    ]
    lines.append(catalog.say("problem.where_to_find"))
    if "problem.phone" in problems.values():
        force = {"command": "voicestatus lookup", "example": "5511987654321"}
        lines.append(catalog.say("problem.force", **force))
    assert (2, "", []) == (refused.code, refused.out, seen)
    assert [line.replace("`", '"') for line in lines] == refused.err.splitlines()


@pytest.mark.parametrize(
    "text", ["MPG000236180474/475", "MPG000236180474 to 480", "MPG000236180474 a MPG000236180480"]
)
def test_a_range_stops_it_before_any_request(
    voicestatus: Voicestatus, seen: Seen, text: str
) -> None:
    """As one argument or as several; a script would take its ends for all of it."""
    problem = say("problem.line", word=text, problem=say("problem.ranges")).replace("`", '"')
    for words in ([text], [*text.split(), "SANDBOX-OK"]):
        refused = voicestatus.run("lookup", *words)
        assert (2, "", [problem]) == (refused.code, refused.out, refused.err.splitlines())
    assert [] == seen


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (["1.", "SANDBOX-OK", "•", "2)", "SANDBOX-BUSY", "e"], ["SANDBOX-OK", "SANDBOX-BUSY"]),
        (["SANDBOX-OK?", "(SANDBOX-BUSY),"], ["SANDBOX-OK", "SANDBOX-BUSY"]),
        (["o id é SANDBOX-OK e o telefone (11) 98765-4321"], ["SANDBOX-OK"]),
        (["\u202aSANDBOX-OK\u202c", "SANDBOX-\u00adBUSY"], ["SANDBOX-OK", "SANDBOX-BUSY"]),
        (["SANDBOX-OK\u200bSANDBOX-BUSY"], ["SANDBOX-OK", "SANDBOX-BUSY"]),
        (["SANDBOX-OK", "4711", "id:486"], ["SANDBOX-OK", "4711", "486"]),
    ],
)
def test_words_are_read_as_everywhere(
    voicestatus: Voicestatus, words: list[str], ids: list[str]
) -> None:
    """Signs, invisible characters and list marks are left out, and each word is a text."""
    asked = voicestatus.run("lookup", *words, "--json")
    assert ids == [record["idmsg"] for record in asked.records]


@pytest.mark.parametrize("word", ["id:5511987654321", "id:98765-4321"])
def test_what_could_be_a_phone_number_is_asked_with_a_word_before_it(
    voicestatus: Voicestatus, seen: Seen, word: str
) -> None:
    """An IDMSG may be all digits; `id:` forces a look-up."""
    asked = voicestatus.run("lookup", word, "--json")
    assert (4, 1) == (asked.code, len(seen))
    assert [word.removeprefix("id:")] == [record["idmsg"] for record in asked.records]


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({}, ["GATEWAY_CREDENTIAL", "GATEWAY_TOKEN"]),
        (
            {"GATEWAY_TOKEN": "s3cr3t-of-the-wrong-length", "GATEWAY_URL": "nowhere"},
            ["GATEWAY_URL", "GATEWAY_CREDENTIAL", "GATEWAY_TOKEN"],
        ),
    ],
    ids=["missing", "missing and wrong"],
)
def test_missing_and_wrong_settings_are_named_together(
    bare: Voicestatus, settings: dict[str, str], named: list[str]
) -> None:
    """A wrong value does not hide a missing one, and the wrong value is not shown."""
    refused = bare.having(**settings).run("lookup", "X1")
    assert (2, "") == (refused.code, refused.out)
    assert named == [line.split()[0] for line in refused.err.splitlines()]
    assert "s3cr3t" not in refused.err


def test_an_interrupt_is_130(voicestatus: Voicestatus, seen: Seen) -> None:
    """Ctrl-C during a request ends in 130, without a message."""
    with voicestatus.started("lookup", "SANDBOX-SLOW-60") as process:
        seen.wait_for(1)
        process.send_signal(signal.SIGINT)
        end = ended(process)
    assert (130, "", "") == (end.code, end.out, end.err)


@pytest.mark.parametrize(
    "arguments",
    [
        ["lookup", "SANDBOX-OK", "SANDBOX-001", "--json"],
        ["lookup", "SANDBOX-OK", "SANDBOX-001"],
        # In commands that send no request.
        ["explain", "--all", "--json"],
    ],
    ids=["json", "cards", "dictionary"],
)
def test_a_reader_that_leaves_is_no_error_to_show(
    voicestatus: Voicestatus, arguments: list[str]
) -> None:
    """The reader of the output may stop reading, as `head` does; no message is printed."""
    reading, writing = os.pipe()
    os.close(reading)
    with voicestatus.started(*arguments, out=writing) as process:
        os.close(writing)
        end = ended(process)
    assert (1, "") == (end.code, end.err)


@pytest.mark.parametrize("options", [["--json"], []], ids=["json", "cards"])
def test_any_locale_will_do(
    voicestatus: Voicestatus, options: list[str], locale: dict[str, str]
) -> None:
    """Accents, emoji and frames break nothing in a locale without them."""
    asked = ("lookup", "SANDBOX-BUSY", "--language", "pt-BR", *options)
    end = voicestatus.having(**locale).run_process(*asked)
    assert (0, "") == (end.code, end.err)
    assert "failed:486" in end.out
