"""What a message asks: ids, commands, a list in a file; one reading for all entry points."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.input.commands import Command
from bot.domain.input.message_id import MessageId
from bot.domain.input.query import DidYouMean, LookUp, Nothing, Run, TooMany
from bot.slack.lookups.question import WORDS, Question, question_in

ONE, TWO = "MPG000999000111", "MPG000999000222"
MANY = tuple(f"MPG000999000{number}" for number in range(100, 111))
CSV: dict[str, Any] = {"id": "FCSV", "name": "a.csv", "mimetype": "text/csv", "mode": "hosted"}
PNG: dict[str, Any] = {"id": "FPNG", "name": "a.png", "mimetype": "image/png", "mode": "hosted"}
EMAIL: dict[str, Any] = {"id": "FMAIL", "mode": "email", "subject": ONE, "plain_text": TWO}
SNIPPET: dict[str, Any] = {"id": "FSNIP", "name": "a.txt", "mimetype": "text/plain"}
SNIPPET |= {"mode": "snippet", "preview": ONE}
UNTOLD: dict[str, Any] = {"id": "FCSV", "file_access": "check_file_info"}


def asked(
    text: str = "", *files: dict[str, Any], reads: bool = True, addressed: bool = True, **more: Any
) -> Question:
    """The question in a message with these files."""
    message = {"text": text, "files": list(files), **more}
    return question_in(message, reads_files=reads, addressed=addressed)


def look_up(*ids: str, **more: Any) -> LookUp:
    """The question about these ids."""
    return LookUp(ids=tuple(map(MessageId, ids)), **more)


def names(question: Question) -> list[str]:
    """The files that are to be read."""
    return [file.id for file in question.files]


@pytest.mark.parametrize("addressed", [True, False])
@pytest.mark.parametrize("reads", [True, False])
def test_what_slack_shows_of_an_email_or_a_snippet_is_text(*, reads: bool, addressed: bool) -> None:
    """No call and no scope are needed, and there is nothing left to read."""
    for files, ids in (
        ((EMAIL,), (ONE, TWO)),
        ((SNIPPET,), (ONE,)),
        ((EMAIL, SNIPPET), (ONE, TWO)),
    ):
        found = asked("", *files, reads=reads, addressed=addressed)

        assert (look_up(*ids), []) == (found.query, names(found))


@pytest.mark.parametrize("addressed", [True, False])
def test_a_snippet_that_slack_shows_in_part_is_read_as_a_list(*, addressed: bool) -> None:
    """Without the permission, what is shown counts, and the user learns that there is more."""
    cut = {**SNIPPET, "preview": f"{ONE}\nMPG0009990", "preview_is_truncated": True}
    may, may_not = (asked("", cut, reads=reads, addressed=addressed) for reads in (True, False))

    assert (None, ["FSNIP"]) == (may.query, names(may))
    assert (look_up(ONE), ["FSNIP"]) == (may_not.query, names(may_not))


def test_a_snippet_of_many_ids_is_a_list() -> None:
    """So is one with words that only its reader can judge."""
    for preview in ("\n".join(MANY), f"{ONE}\n20230001234567"):
        found = asked("", {**SNIPPET, "preview": preview})

        assert (None, ["FSNIP"]) == (found.query, names(found))


@pytest.mark.parametrize("file", [CSV, UNTOLD])
@pytest.mark.parametrize(
    "text",
    ["", "segue a lista", "lista", "bulk", "confere essa lista", "oi", "hlep", "12345678901234"],
)
def test_a_list_in_a_file_is_what_a_message_asks(text: str, file: dict[str, Any]) -> None:
    """Whatever is said about it."""
    found = asked(text, file)

    assert (None, ["FCSV"]) == (found.query, names(found))


def test_beside_a_list_certain_ids_and_commands_are_answered() -> None:
    """And the file is not passed over."""
    for text, query in (
        (f"{ONE} and these", look_up(ONE)),
        (f"lista {ONE}", look_up(ONE)),
        (f"{ONE} avisar", look_up(ONE, watch=True)),
        ("ajuda", Run(command=Command.HELP)),
        ("explicar 486", Run(command=Command.EXPLAIN, argument="486")),
        (" ".join(MANY), TooMany(count=11)),
    ):
        found = asked(text, CSV)

        assert (query, ["FCSV"]) == (found.query, names(found))


@pytest.mark.parametrize("text", ["", "olha isto", "lista"])
def test_a_file_that_holds_no_list_is_named_if_nothing_else_is_asked(text: str) -> None:
    """A picture beside an id needs no word."""
    alone, beside = asked(text, PNG), asked(f"{ONE} {text}", PNG)

    assert (None, ["FPNG"]) == (alone.query, names(alone))
    assert [] == names(beside)
    assert isinstance(beside.query, LookUp)


def test_what_may_be_an_id_comes_before_a_file_that_is_hardly_a_list() -> None:
    """Its bytes would decide; beside a certain id, and alone, they do."""
    document = {"id": "FDOC", "name": "a.docx", "mimetype": "application/msword", "mode": "hosted"}
    for text, addressed, query, files in (
        ("20230001234567", True, look_up("20230001234567"), []),
        ("20230001234567", False, None, []),
        (ONE, True, look_up(ONE), ["FDOC"]),
        (ONE, False, look_up(ONE), ["FDOC"]),
        ("obrigado", True, None, ["FDOC"]),
        ("obrigado", False, None, ["FDOC"]),
    ):
        found = asked(text, document, addressed=addressed)

        assert (query, files) == (found.query, names(found))


@pytest.mark.parametrize("reads", [True, False])
def test_no_file_is_passed_over_in_silence(*, reads: bool) -> None:
    """Whatever it is, and whatever Slack shows of it, something is asked or told."""
    shown = ("", "x", ONE, "236180474\n236180475", "20230001234567", "\n".join(MANY))
    files = [
        {**kind, "preview": text, "plain_text": text, **more}
        for kind in (CSV, PNG, EMAIL, SNIPPET, UNTOLD)
        for text in shown
        for more in ({}, {"preview_is_truncated": True}, {"subject": ""}, {"mode": "tombstone"})
    ]
    asked_or_told = [
        asked(text, file, reads=reads) for file in files for text in ("", "oi", "lista")
    ]

    assert [] == [one for one in asked_or_told if one.query is None and not one.files]


def test_a_mention_may_name_its_file_in_the_text_only() -> None:
    """Slack sends no `files` then."""
    text = {"type": "text", "text": " confere essa lista"}
    section = {"type": "rich_text_section", "elements": [text, {"type": "file", "file_id": "FCSV"}]}
    found = question_in(
        {"text": "confere essa lista", "blocks": [{"type": "rich_text", "elements": [section]}]},
        reads_files=True,
    )

    assert (None, ["FCSV"]) == (found.query, names(found))


def test_in_a_message_to_others_words_ask_nothing() -> None:
    """A command in it is not for the bot; what may be an id is offered."""
    help_, doubtful = asked("help", addressed=False), asked("20230001234567 ", PNG, addressed=False)

    assert (None, ()) == (help_.query, help_.files)
    assert (None, ()) == (doubtful.query, doubtful.files)
    assert ("20230001234567",) == doubtful.found.doubtful


def test_of_a_question_that_comes_again_only_new_parts_are_left() -> None:
    """Ids, commands and files each by themselves; anything else only with the post."""
    for question, new, left in (
        (asked(f"{ONE} {TWO}"), {TWO}, look_up(TWO)),
        (asked(f"{ONE} {TWO}"), {ONE, TWO}, look_up(ONE, TWO)),
        (asked(f"{ONE} avisar"), {ONE}, look_up(ONE, watch=True)),
        (asked(f"{ONE} avisar"), {f"watch {ONE}"}, look_up(ONE, watch=True)),
        (asked(f"{ONE} avisar"), {f"watch {TWO}"}, None),
        (asked(" ".join(MANY)), {MANY[0]}, look_up(MANY[0])),
        (asked(" ".join(MANY)), {*MANY}, TooMany(count=11)),
        (asked("obrigado"), {WORDS}, Nothing()),
        (asked("obrigado"), set(), None),
        (asked("hlep"), {WORDS}, DidYouMean(word="hlep", suggestion="help")),
        (asked("hlep"), {"help"}, None),
    ):
        assert left == question.only(new).query


def test_a_command_has_a_name_with_what_is_asked_of_it() -> None:
    """Another code or language is another question; other words behind a command are not."""
    texts = ("explain 486", "explain 404", "lang pt", "lang en", "help", "help me please")
    parts = [asked(text).parts for text in texts]

    assert 5 == len(set(parts))
    assert parts[-1] == parts[-2]
    assert asked("explain 486") == asked("explain 486").only(parts[0])
    assert asked("explain 486").only(parts[1]).query is None


def test_a_file_that_was_answered_is_not_read_again() -> None:
    """Its message was edited."""
    question = asked("segue", CSV)

    assert {"file FCSV"} == question.parts
    assert ((), ["FCSV"]) == (question.only({WORDS}).files, names(question.only({"file FCSV"})))
