from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result
from voicestatus_process import Voicestatus

from bot.cli import _app
from bot.domain.call_status import CALL_OUTCOMES
from bot.domain.catalog import Kind, Language, Retry, WhoActs
from bot.locales import load_catalog

KEYS = ["code", "kind", "title", "meaning", "advice", "who_acts", "retry", "source"]
HEAVY = ("slack_bolt", "slack_sdk", "httpx", "aiohttp", "pydantic_settings", "dbos")


def explain(*arguments: str) -> Result:
    """`voicestatus explain` with these arguments."""
    return CliRunner().invoke(_app, ["explain", *arguments])


def records(result: Result) -> list[dict[str, str]]:
    """Standard output as one JSON object a line."""
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("486", [("486", "sip")]),
        ("sip:486", [("486", "sip")]),
        ("SIP:486", [("486", "sip")]),
        ("sip 486", [("486", "sip")]),
        ("gateway:023", [("023", "gateway")]),
        # What the gateway answers as a whole has one answer, of the word or the code that decides.
        ("failed:486", [("failed:486", "sip")]),
        ("blocked:608", [("blocked:608", "sip")]),
        ("blocked:486", [("blocked:486", "outcome")]),
        ("machine:200", [("machine:200", "outcome")]),
        ("ok:85.00", [("ok:85.00", "outcome")]),
        # Errors of a look-up are outcomes of it.
        ("error:timeout", [("timeout", "outcome")]),
        ("connection_lost", [("connection_lost", "outcome")]),
        ("timeout", [("timeout", "outcome"), ("408", "sip")]),
        ("machine", [("machine", "outcome")]),
        ("MACHINE", [("machine", "outcome")]),
        # Bare digits: 100 to 699 are SIP, 0xx and 700 to 999 the gateway's.
        ("023", [("023", "gateway")]),
        ("024", [("024", "gateway")]),
        ("099", [("099", "gateway")]),
        ("100", [("100", "sip")]),
        ("499", [("499", "sip")]),
        ("699", [("699", "sip")]),
        ("700", [("700", "gateway")]),
        ("701", [("701", "gateway")]),
        ("850", [("850", "gateway")]),
        ("900", [("900", "gateway")]),
        ("955", [("955", "gateway")]),
        ("002", [("002", "gateway")]),
        # The family may be said against the range.
        ("gateway:486", [("486", "gateway")]),
    ],
)
def test_term_means_these_entries(term: str, found: list[tuple[str, str]]) -> None:
    """A code, with its family or bare, is looked up where it belongs."""
    result = explain(term, "--json")
    assert (0, found) == (result.exit_code, [(r["code"], r["kind"]) for r in records(result)])


@pytest.mark.parametrize(
    ("term", "said"),
    [
        pytest.param("002", "does not list 002", id="undocumented"),
        pytest.param("701", "does not list 701", id="undocumented, above SIP"),
        pytest.param("499", "not in the list of SIP codes", id="not registered"),
        pytest.param("sip:701", "701", id="no SIP code at all"),
    ],
)
def test_what_is_not_known_is_said(term: str, said: str) -> None:
    """A code that no list holds is explained by its group, and told to be unlisted."""
    assert said in records(explain(term, "--json"))[0]["meaning"]


@pytest.mark.parametrize(
    ("codes", "title"),
    [
        (("850", "801"), "The gateway itself failed"),
        (("955", "901"), "The gateway could not reach"),
    ],
)
def test_range_of_the_specification_is_one_entry(codes: tuple[str, ...], title: str) -> None:
    """Every code of a range of the specification gets the text of the range."""
    for code in codes:
        assert records(explain(code, "--json"))[0]["title"].startswith(title)


@pytest.mark.parametrize(
    ("word", "language", "code"),
    [
        ("busy", "en", "486"),
        ("BUSY", "en", "486"),
        ("ocupado", "pt-BR", "486"),
        ("número ocupado", "pt-BR", "486"),
        # Nobody types accents into a terminal.
        ("numero ocupado", "pt-BR", "486"),
        # The reason phrase is the same in both languages.
        ("busy here", "pt-BR", "486"),
    ],
)
def test_word_is_searched_in_the_language(word: str, language: str, code: str) -> None:
    """The first match for a word is the frequent one, without regard to case and accents."""
    assert code == records(explain(word, "--language", language, "--json"))[0]["code"]


def test_several_codes_are_answered_in_their_order() -> None:
    """One object a line for each match, in the order of the arguments."""
    found = records(explain("023", "486", "ok", "--json"))
    assert ["023", "486", "ok"] == [record["code"] for record in found]


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        pytest.param("busi", "busy", id="the nearest words"),
        pytest.param("zzzzzz", "zzzzzz", id="nothing near"),
    ],
)
def test_nothing_found_is_exit_code_1(word: str, wanted: str) -> None:
    """Standard output stays empty, and standard error names the term and what is near to it."""
    result = explain(word, "--json")
    assert (1, "") == (result.exit_code, result.stdout)
    assert wanted in result.stderr


def test_what_was_found_is_shown_beside_what_was_not() -> None:
    """One bad word among good ones is exit code 1, and costs the others nothing."""
    result = explain("486", "zzzzzz", "--json")
    assert (1, ["486"]) == (result.exit_code, [record["code"] for record in records(result)])


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_whole_dictionary_has_the_keys_and_words_of_the_interface(language: str) -> None:
    """Each record has exactly the keys, in their order, and words from the fixed lists."""
    for record in records(explain("--all", "--json", "--language", language)):
        assert list(record) == KEYS
        assert record["kind"] in {"sip", "gateway", "outcome"}
        assert record["who_acts"] in list(WhoActs)
        assert record["retry"] in list(Retry)
        assert all(record[key] for key in KEYS if key != "source"), record


@pytest.mark.parametrize("language", list(Language))
def test_whole_dictionary_is_whole(language: Language) -> None:
    """--all has every entry of the language files; errors of our own count as outcomes."""
    found = records(explain("--all", "--json", "--language", language))
    catalog = load_catalog(language)
    shown = {Kind.ERROR: Kind.OUTCOME}
    expected = {(shown.get(kind, kind), code) for kind, code in catalog.entries}
    assert len(catalog.entries) == len(expected)
    assert expected == {(Kind(record["kind"]), record["code"]) for record in found}
    assert len(expected) == len(found)


def test_whole_dictionary_holds_what_calls_can_end_with() -> None:
    """The words of the gateway, the frequent SIP codes and the gateway's own codes are in it."""
    found = {record["code"] for record in records(explain("--all", "--json"))}
    named = {o.value for o in CALL_OUTCOMES} | {"486", "480", "404", "603", "001", "023", "024"}
    assert set() == named - found


@pytest.mark.parametrize(("language", "heading"), [("en", "486 Busy Here"), ("pt-BR", "486 Busy")])
def test_whole_dictionary_as_a_page(language: str, heading: str) -> None:
    """--all --markdown has a section for each entry, and exactly one newline at the end."""
    result = explain("--all", "--markdown", "--language", language)
    sections = [line for line in result.stdout.splitlines() if line.startswith("### ")]
    catalog = load_catalog(Language(language))
    rows = re.findall(r"^\| \[([^\]]+)\]\(#([^)]+)\) \|", result.stdout, re.MULTILINE)
    assert len(catalog.entries) == len(sections) == len(rows)
    assert len({anchor for _, anchor in rows}) == len(rows)
    assert [row[0] for row in rows] == [re.split("[ :]", line)[1] for line in sections]
    assert catalog.say("page.intro") in result.stdout
    assert any(line.startswith(f"### {heading}") for line in sections)
    assert result.stdout.startswith("# ")
    assert result.stdout.endswith("\n")
    assert not result.stdout.endswith("\n\n")


def test_one_code_as_a_page() -> None:
    """--markdown without --all has the sections of what was asked only."""
    lines = explain("486", "--markdown").stdout.splitlines()
    sections = [line for line in lines if line.startswith("### ")]
    assert (1, True) == (len(sections), sections[0].startswith("### 486 Busy Here: "))
    assert not [line for line in lines if line.startswith("| ") or "--all" in line]


def test_card_without_options() -> None:
    """In a terminal the answer is a card with title and source."""
    out = explain("486").stdout
    assert ("486", "line was busy", "RFC 3261") == tuple(
        part for part in ("486", "line was busy", "RFC 3261") if part in out
    )


@pytest.mark.parametrize("arguments", [[], ["486", "--all"]], ids=["nothing", "both"])
def test_codes_or_all(arguments: list[str]) -> None:
    """Neither and both are refused with exit code 2."""
    result = explain(*arguments)
    assert (2, "") == (result.exit_code, result.stdout)
    assert "--all" in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [["explain", "486", "--json"], ["explain", "busy"], ["--help"], ["manifest"], ["--version"]],
    ids=" ".join,
)
async def test_light_commands_import_nothing_heavy(tmp_path: Path, arguments: list[str]) -> None:
    """What needs no network and no settings must not pay for them."""
    program = (
        "import sys\n"
        "from bot.cli import main\n"
        f"sys.argv = ['voicestatus', *{arguments!r}]\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n"
        f"    print(end.code, [n for n in {HEAVY!r} if n in sys.modules], file=sys.stderr)\n"
    )
    result = await Voicestatus(directory=tmp_path).run_python(program)
    assert "0 []" == result.err.strip()


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [["explain", "486"], ["--help"], ["manifest"], ["sandbox", "--list"]], ids=" ".join
)
async def test_broken_settings_do_not_matter(tmp_path: Path, arguments: list[str]) -> None:
    """Commands that need no setting work with wrong ones."""
    settings = {"GATEWAY_TOKEN": "x", "BOT_PORT": "many", "SLACK_CLIENT_ID": "1.2"}
    result = await Voicestatus(directory=tmp_path, settings=settings).run(*arguments)
    assert (0, "") == (result.code, result.err)


@pytest.mark.parametrize("name", ["pt", "pt-br", "pt_BR", "PT-BR", "Português"])
def test_language_may_be_named_in_other_ways(name: str) -> None:
    """--language takes the names that people and locales use."""
    assert explain("486", "--language", "pt-BR").stdout == explain("486", "--language", name).stdout


def test_unknown_language_is_refused() -> None:
    """A language that the bot does not speak is exit code 2, with those that it does."""
    result = explain("486", "--language", "es")
    assert (2, "") == (result.exit_code, result.stdout)
    assert "en or pt-BR" in result.stderr


def test_language_is_read_from_the_env_file(tmp_path: Path) -> None:
    """BOT_LANGUAGE in `.env` rules the texts, the option goes before it."""
    portuguese, english = explain("486", "--language", "pt"), explain("486", "--language", "en")
    (tmp_path / ".env").write_text("BOT_LANGUAGE=pt\n")
    assert portuguese.stdout == explain("486").stdout
    assert english.stdout == explain("486", "--language", "en").stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xff\xfeB\x00O\x00", id="no UTF-8"),
        pytest.param(b"this is = no = settings\n'\n= =\nBOT_LANGUAGE", id="no settings"),
        pytest.param(b"BOT_PORT=many\nGATEWAY_TOKEN=x\nBOT_LANGUAGE=es\n", id="wrong settings"),
        pytest.param(None, id="a folder"),
    ],
)
async def test_unreadable_env_file_does_not_matter(tmp_path: Path, content: bytes | None) -> None:
    """What stands in `.env` costs nobody an explanation, nor a line on standard error."""
    if content is None:
        (tmp_path / ".env").mkdir()
    else:
        (tmp_path / ".env").write_bytes(content)
    result = await Voicestatus(directory=tmp_path).run("explain", "486")
    assert (0, "") == (result.code, result.err)
    assert "the line was busy" in result.out
