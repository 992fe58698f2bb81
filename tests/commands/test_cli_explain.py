"""`voicestatus explain`; the domain's dictionary tests cover the meaning of terms."""

from __future__ import annotations

import json
import re

import pytest

from bot.domain.call_status import CALL_OUTCOMES
from bot.domain.texts.catalog import Catalog, Kind, Retry, WhoActs
from bot.domain.texts.dictionary import everything, find
from tests.support.voicestatus_process import Voicestatus
from tests.support.wording import EN, PT

KEYS = ["code", "kind", "title", "meaning", "advice", "who_acts", "retry", "source"]
HEAVY = ("slack_bolt", "slack_sdk", "httpx", "aiohttp", "bot.settings.settings", "sqlalchemy")
CATALOGS = pytest.mark.parametrize("catalog", [EN, PT], ids=["en", "pt-BR"])


def test_several_codes_are_answered_in_their_order(bare: Voicestatus) -> None:
    """One object a line for each match, in the order of the arguments."""
    found = bare.run("explain", "023", "timeout", "ok", "--json")
    codes = [(one["code"], one["kind"]) for one in found.records]
    assert [("023", "gateway"), ("timeout", "outcome"), ("408", "sip"), ("ok", "outcome")] == codes


def test_codes_may_be_separated_by_commas(bare: Voicestatus) -> None:
    """As in Slack; in one argument or in several."""
    found = bare.run("explain", "486,", "480, 404 486", "--json")
    assert ["486", "480", "404", "486"] == [one["code"] for one in found.records]


def test_an_idmsg_is_sent_on_to_the_command_for_it(bare: Voicestatus) -> None:
    """It has no meaning of its own."""
    found = bare.run("explain", "SANDBOX-BUSY")
    hint = EN.say("explain.call", term="SANDBOX-BUSY")
    assert (1, "", hint) == (found.code, found.out, found.err.rstrip())


@CATALOGS
@pytest.mark.parametrize("words", [EN.sip(486).title, PT.sip(486).title], ids=["of en", "of pt"])
def test_words_of_either_language_are_answered_in_the_one_asked_for(
    bare: Voicestatus, words: str, catalog: Catalog
) -> None:
    """A user who reads one of them may see words of the other elsewhere."""
    first = bare.run("explain", words, "--language", catalog.language, "--json").records[0]
    assert ("486", catalog.sip(486).meaning) == (first["code"], first["meaning"])


@pytest.mark.parametrize("option", [[], ["--json"]], ids=["cards", "json"])
def test_nothing_found_is_exit_code_1(bare: Voicestatus, option: list[str]) -> None:
    """Standard output is empty, and standard error names each term and its nearest words."""
    slip = f"{max(EN.sip(486).title.split(), key=len)}x"
    found = bare.run("explain", slip, "zzzzzz", *option)
    nearest = EN.say("explain.nearest", words=", ".join(find(slip, EN).nearest))
    titles = [EN.say("explain.nothing_title", term=term) for term in (slip, "zzzzzz")]
    assert (1, "") == (found.code, found.out)
    assert [f"{titles[0]}. {nearest}", f"{titles[1]}."] == found.err.splitlines()


def test_a_word_that_a_terminal_would_obey_is_not_repeated_as_it_is(bare: Voicestatus) -> None:
    """Escape sequences of one and two characters, and marks that reorder the line."""
    found = bare.run("explain", "\x9b2J\x1b[2J\u202e\u2028")

    assert (1, "") == (found.code, found.out)
    assert found.err.removesuffix("\n").isprintable()


def test_what_was_found_is_shown_beside_what_was_not(bare: Voicestatus) -> None:
    """One bad word among good ones is exit code 1, and the others are still explained."""
    found = bare.run("explain", "486", "zzzzzz", "--json")
    assert (1, ["486"]) == (found.code, [record["code"] for record in found.records])


@CATALOGS
def test_the_whole_dictionary_is_whole(bare: Voicestatus, catalog: Catalog) -> None:
    """Every entry of the language's file, with the keys and words of the interface.

    Errors of our own count as outcomes.
    """
    shown = {Kind.ERROR: Kind.OUTCOME}
    expected = sorted((shown.get(kind, kind).value, code) for kind, code in catalog.entries)
    found = bare.run("explain", "--all", "--json", "--language", catalog.language).records

    assert expected == sorted((record["kind"], record["code"]) for record in found)
    assert [] == [
        record
        for record in found
        if list(record) != KEYS
        or record["who_acts"] not in set(WhoActs)
        or record["retry"] not in set(Retry)
        or not all(record[key] for key in KEYS if key != "source")
    ]
    named = {o.value for o in CALL_OUTCOMES} | {"486", "480", "404", "603", "001", "023", "024"}
    assert set() == named - {record["code"] for record in found}


@CATALOGS
def test_the_whole_dictionary_as_a_page(bare: Voicestatus, catalog: Catalog) -> None:
    """A section for each entry, a row that leads to it, and one newline at the end."""
    page = bare.run("explain", "--all", "--language", catalog.language).out
    headings = re.findall("^### (.+)$", page, re.MULTILINE)
    rows = re.findall(r"^\| \[([^\]]+)\]\(#([^)]+)\) \|", page, re.MULTILINE)
    fragments = [re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings]

    assert [one.code for one in everything(catalog)] == [code for code, _ in rows]
    assert fragments == [fragment for _, fragment in rows]
    assert len(catalog.entries) == len(set(fragments))
    assert page.startswith(f"# {catalog.say('page.title')}\n\n{catalog.say('page.intro')}\n")
    assert re.search(r"[^\n]\n\Z", page)


def test_one_code_as_a_page(bare: Voicestatus) -> None:
    """--markdown without --all has only the sections of the given codes."""
    lines = bare.run("explain", "486", "--markdown").out.splitlines()
    sections = [line for line in lines if line.startswith("### ")]
    heading = EN.say("explain.text", code="486 Busy Here", title=EN.sip(486).title)
    assert [f"### {heading}"] == sections
    assert not [line for line in lines if line.startswith("| ") or "--all" in line]


def test_a_card_without_options(bare: Voicestatus) -> None:
    """In a terminal the answer is a card with title and source."""
    shown = bare.run("explain", "486").shown
    wanted = ("486", EN.sip(486).title, "RFC 3261")
    assert wanted == tuple(part for part in wanted if part in shown)


def test_a_word_gives_the_best_entry_whole_and_a_line_for_each_other(bare: Voicestatus) -> None:
    """A code of the gateway or of SIP is shown with its title; a word of the program is not."""
    best, *others = find("voicemail", EN).definitions
    shown = " ".join(bare.run("explain", "voicemail").shown.replace("│", "").split())

    assert best.entry.meaning in shown
    assert best.entry.advice in shown
    assert best.heading in shown
    assert "machine" not in shown
    assert others
    for other in others:
        is_code = other.entry.kind is Kind.SIP
        title = EN.say("explain.text", code=other.code, title=other.entry.title)
        assert f"• {title if is_code else other.heading}" in shown
        assert other.entry.advice not in shown


@pytest.mark.parametrize("arguments", [[], ["486", "--all"]], ids=["nothing", "both"])
def test_codes_or_all(bare: Voicestatus, arguments: list[str]) -> None:
    """Neither and both are refused with exit code 2."""
    refused = bare.run("explain", *arguments)
    assert (2, "") == (refused.code, refused.out)
    assert "--all" in refused.err


def test_light_commands_import_nothing_heavy(bare: Voicestatus) -> None:
    """A command without network and settings must not load them."""
    commands = [
        ["explain", "486", "--json"],
        ["explain", "busy"],
        ["--help"],
        ["manifest"],
        ["--version"],
    ]
    program = f"""
import json, sys
from bot.commands.app import main
for arguments in {commands!r}:
    sys.argv = ["voicestatus", *arguments]
    try:
        main()
    except SystemExit as end:
        heavy = [name for name in {HEAVY!r} if name in sys.modules]
        print(json.dumps([arguments, end.code, heavy]), file=sys.stderr)
"""
    said = bare.run_python(program).err
    expected = [[arguments, 0, []] for arguments in commands]
    assert expected == [json.loads(line) for line in said.splitlines()]


@pytest.mark.parametrize(
    "arguments", [["explain", "486"], ["--help"], ["manifest"], ["sandbox", "--list"]], ids=" ".join
)
def test_broken_settings_do_not_matter(bare: Voicestatus, arguments: list[str]) -> None:
    """Commands that need no setting work with wrong ones."""
    broken = bare.having(GATEWAY_TOKEN="x", BOT_PORT="many", SLACK_CLIENT_ID="1.2")
    ended = broken.run(*arguments)
    assert (0, "", True) == (ended.code, ended.err, bool(ended.out))


@pytest.mark.parametrize("name", ["pt", "pt-br", "pt_BR", "PT-BR", "Português"])
def test_the_language_may_be_named_in_other_ways(bare: Voicestatus, name: str) -> None:
    """--language takes the names that people and locales use."""
    assert PT.sip(486).title in bare.run("explain", "486", "--language", name).shown


def test_an_unknown_language_is_refused(bare: Voicestatus) -> None:
    """An unsupported language exits with 2 and lists the supported ones."""
    refused = bare.run("explain", "486", "--language", "es")
    assert (2, "") == (refused.code, refused.out)
    assert "en or pt-BR" in refused.err


def test_the_language_is_read_from_the_env_file(bare: Voicestatus) -> None:
    """BOT_LANGUAGE in `.env` sets the texts, the environment overrides it, then the option."""
    (bare.directory / ".env").write_text("BOT_LANGUAGE=pt\n")
    english = bare.having(BOT_LANGUAGE="en")
    assert PT.sip(486).title in bare.run("explain", "486").shown
    assert EN.sip(486).title in english.run("explain", "486").shown
    assert PT.sip(486).title in english.run("explain", "486", "--language", "pt").shown


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xff\xfeB\x00O\x00", id="no UTF-8"),
        pytest.param(b"this is = no = settings\n'\n= =\nBOT_LANGUAGE", id="no settings"),
        pytest.param(b"BOT_PORT=many\nGATEWAY_TOKEN=x\nBOT_LANGUAGE=es\n", id="wrong settings"),
        pytest.param(None, id="a folder"),
    ],
)
def test_an_unreadable_env_file_does_not_matter(bare: Voicestatus, content: bytes | None) -> None:
    """Errors in `.env` affect neither the explanation nor standard error."""
    if content is None:
        (bare.directory / ".env").mkdir()
    else:
        (bare.directory / ".env").write_bytes(content)
    found = bare.run("explain", "486")
    assert (0, "") == (found.code, found.err)
    assert EN.sip(486).title in found.shown
