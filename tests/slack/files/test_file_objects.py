"""Slack's file objects, parsed defensively."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.slack.files.file_objects import MOST_FILES, FileObject, FileProblem, file_object, files_on

CSV = {"id": "F1", "name": "a.csv", "mimetype": "text/csv", "filetype": "csv", "mode": "hosted"}


def read(**fields: Any) -> FileObject:
    """Parse the object with these changes."""
    found = file_object({**CSV, **fields})
    assert found is not None
    return found


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"name": "A.CSV", "mimetype": None, "filetype": 7},
        {"name": "a.csv", "mimetype": "application/vnd.ms-excel", "filetype": "csv"},
        {"name": "a.txt", "mimetype": "application/octet-stream", "filetype": "binary"},
        {"name": None, "title": "Untitled", "mimetype": "text/plain", "mode": "snippet"},
        {"name": "a.log", "mimetype": "text/plain", "filetype": "text"},
        {"file_access": "check_file_info", "mode": "file_access", "name": None, "mimetype": None},
    ],
    ids=["csv", "by name", "as Excel says", "text", "snippet", "log", "shared channel"],
)
def test_a_text_file_may_hold_a_list(fields: dict[str, Any]) -> None:
    """By its name or its type; for `check_file_info` neither is known yet."""
    assert None is read(**fields).problem


@pytest.mark.parametrize(
    ("fields", "likely"),
    [
        ({}, True),
        ({"name": "a.XLS", "mimetype": "application/vnd.ms-excel", "filetype": "xls"}, True),
        ({"name": "a.csv", "mimetype": "image/png", "filetype": "png"}, True),
        ({"file_access": "check_file_info", "mode": "file_access", "name": "a.pdf"}, True),
        ({"name": "a.xlsx", "mimetype": "application/x", "filetype": "xlsx"}, False),
        ({"name": "a.html", "mimetype": "text/html", "filetype": "html"}, False),
        ({"name": "a.pdf", "mimetype": "application/pdf", "filetype": "pdf"}, False),
        ({"name": "a", "mimetype": None, "filetype": None}, False),
    ],
)
def test_its_bytes_decide_what_a_file_is(fields: dict[str, Any], likely: bool) -> None:
    """Its name and type only say what is to be read first."""
    found = read(**fields)

    assert (None, likely) == (found.problem, found.likely)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        (
            {"name": "a", "mimetype": "image/png", "filetype": "png"},
            FileProblem.NOT_A_LIST,
        ),
        ({"name": "a.ZIP", "mimetype": None, "filetype": "x"}, FileProblem.NOT_A_LIST),
        ({"mode": "external", "is_external": True}, FileProblem.OUTSIDE),
        ({"is_external": True}, FileProblem.OUTSIDE),
        ({"mode": "tombstone"}, FileProblem.DELETED),
        ({"mode": "hidden_by_limit"}, FileProblem.DELETED),
        ({"file_access": "file_not_found"}, FileProblem.DELETED),
        ({"mode": "space"}, FileProblem.PAGE),
        ({"mode": "email"}, FileProblem.PAGE),
        ({"mode": "quip", "filetype": "canvas"}, FileProblem.PAGE),
        ({"mode": "file_access", "file_access": "access_denied"}, FileProblem.NOT_VISIBLE),
    ],
)
def test_everything_else_holds_none(fields: dict[str, Any], problem: FileProblem) -> None:
    """For its place or its type."""
    assert problem is read(**fields).problem


@pytest.mark.parametrize("size", [None, "12", -1, 1.5, True, [], float("nan")])
def test_a_size_that_is_none_is_not_known(size: Any) -> None:
    """Anything but a whole number from 0."""
    assert read(size=size).size is None


def test_a_name_is_fit_to_be_shown() -> None:
    """Bounded, and without characters that hide or reorder the text beside it."""
    assert "\ufffdvsc.exe" == read(name="\u202evsc.exe").name
    assert 80 == len(read(name="a" * 10_000).name)
    assert "" == read(name=None, title=None).name
    assert read(name="\ud800.csv").name.encode()


@pytest.mark.parametrize("file_id", [None, 1, "", "F1&file=F2", "f1", "F" * 65, "F1\n", ["F1"]])
def test_a_file_without_a_good_id_is_none(file_id: Any) -> None:
    """files.info could not be called for it."""
    assert file_object({**CSV, "id": file_id}) is None


def test_files_of_forwarded_messages_count() -> None:
    """Slack sends them in attachments."""
    message = {"files": [CSV], "attachments": [{"files": [{**CSV, "id": "F2"}]}, {"text": "x"}, 3]}

    assert ["F1", "F2"] == [file.id for file in files_on(message)]


def test_not_without_end() -> None:
    """At most as many as Slack's clients attach."""
    many = [{**CSV, "id": f"F{number}"} for number in range(5_000)]
    deep: Any = {"type": "file", "file_id": "FDEEP"}
    for _ in range(5_000):
        deep = {"type": "rich_text_section", "elements": [deep]}

    assert MOST_FILES == len(files_on({"files": many}))
    assert 1 == len(files_on({"files": [CSV] * 5_000, "blocks": [deep]}))


def test_files_that_only_the_text_names_count() -> None:
    """Each once, wherever it stands; only `files.info` knows what they are."""
    named = [{"type": "file", "file_id": name} for name in ("F1", "F2", "F3", "", 7)]
    quote = {"type": "rich_text_quote", "elements": named[:1]}
    items = {
        "type": "rich_text_list",
        "elements": [{"type": "rich_text_section", "elements": named}],
    }
    blocks = [{"type": "rich_text", "elements": [quote, items, "x"]}, None]
    found = files_on({"files": [CSV], "blocks": blocks})
    forwarded = {"message_blocks": [{"message": {"blocks": blocks}}]}

    assert ["F1", "F2", "F3"] == [file.id for file in files_on({"attachments": [forwarded]})]
    assert ["F1", "F2", "F3"] == [file.id for file in found]
    assert [False, True, True] == [file.untold for file in found]


JUNK = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=20),
    lambda inner: (
        some.lists(inner, max_size=4)
        | some.dictionaries(
            some.sampled_from(["id", "name", "title", "size", "mode", "files", "attachments", "x"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(junk=some.dictionaries(some.sampled_from(["files", "attachments"]), JUNK, max_size=2))
def test_no_shape_breaks_the_reading(junk: dict[str, Any]) -> None:
    """For any payload, all parsed files have valid ids."""
    assert all(file.id.isalnum() for file in files_on(junk))
