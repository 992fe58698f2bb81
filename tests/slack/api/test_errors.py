"""What an answer of Slack means: which error, what is certain after it, and what it leads to."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest

from bot.domain.jobs.job import Delivery, Report, Trace
from bot.slack.api.calls import (
    FormRefusedError,
    GoneError,
    MissingScopeError,
    NotConnectedError,
    NotMemberError,
    NotNowError,
    PlaceRefusedError,
    SlackError,
    SlackUnreachableError,
    TokenRefusedError,
    UnclearError,
    load_codes,
    refusal,
    url_refusal,
)
from bot.slack.api.posted import report_after, trace_after


def refused(code: object, status: int = 200) -> SlackError:
    """The error for an answer with this code."""
    return refusal(status, {}, {"ok": False, "error": code})


def test_each_code_is_listed_once() -> None:
    """A code means one thing, wherever it is asked."""
    codes = [code for listed in load_codes().values() for code in listed]
    assert sorted(set(codes)) == sorted(codes)
    assert {kind: {kind} for kind in load_codes()} == {
        kind: {type(refused(code)) for code in listed} for kind, listed in load_codes().items()
    }


@pytest.mark.parametrize("code", ["no_text", "too_many_attachments", "a_word_of_2031"])
def test_a_code_that_is_not_listed_is_about_the_form(code: str) -> None:
    """Nothing was done, and the same form would be refused again."""
    error = refused(code)

    assert (FormRefusedError, code) == (type(error), error.reason)
    assert not error.passes
    assert not error.may_be_done


@pytest.mark.parametrize(("status", "kind"), [(400, FormRefusedError), (413, FormRefusedError)])
def test_a_request_that_is_refused_without_a_word_is_about_the_form(
    status: int, kind: type[SlackError]
) -> None:
    """A proxy may answer so to a long message."""
    assert [kind, kind] == [
        type(refusal(status, {}, None)),
        type(url_refusal(status, {}, "<html>Too large</html>")),
    ]


@pytest.mark.parametrize("code", ["is_archived", "invalid_auth", "not_in_channel"])
def test_the_status_outweighs_the_code(code: str) -> None:
    """A rate limit and Slack's own faults, whatever the body says."""
    assert NotNowError is type(refused(code, 429))
    assert SlackUnreachableError is type(refused(code, 500))
    assert type(refused(code, 499)) is type(refused(code))


@pytest.mark.parametrize(
    "answer", [None, [], {"ok": True}, {"error": "is_archived"}, {"ok": False, "error": "No!"}]
)
def test_an_answer_without_a_code_is_unclear(answer: object) -> None:
    """Only the status is shown, because the body can be anybody's."""
    error = refusal(403, {}, answer)

    assert UnclearError is type(error)
    assert "an answer that cannot be read, status 403" == error.reason


REPORTS: Final = {
    UnclearError: Delivery.UNKNOWN,
    SlackUnreachableError: Delivery.UNKNOWN,
    NotConnectedError: Delivery.NOT_SENT,
    NotNowError: Delivery.NOT_SENT,
    TokenRefusedError: Delivery.NOT_SENT,
    MissingScopeError: Delivery.NOT_SENT,
    FormRefusedError: Delivery.UNDELIVERABLE,
    PlaceRefusedError: Delivery.UNDELIVERABLE,
    GoneError: Delivery.UNDELIVERABLE,
    NotMemberError: Delivery.UNDELIVERABLE,
    SlackError: Delivery.UNDELIVERABLE,
}


def test_what_is_certain_after_an_attempt_to_post() -> None:
    """Only what was certainly not posted may be posted again."""
    wanted = {kind: Report(delivery=sent, why="why") for kind, sent in REPORTS.items()}
    assert wanted == {kind: report_after(kind("why")) for kind in REPORTS}


@pytest.mark.parametrize("seconds", [3.5, float("inf")])
def test_a_rate_limit_says_how_long_to_wait(seconds: float) -> None:
    """However long: an endless one is as long as Python can count."""
    pause = report_after(NotNowError("why", retry_after=seconds)).pause

    assert pause == timedelta(seconds=min(seconds, timedelta.max.total_seconds() / 2))


def test_what_a_failed_search_shows() -> None:
    """A thread that is gone has no notice; without a scope nobody can know."""
    wanted = {
        UnclearError: Trace.AWAY,
        NotConnectedError: Trace.AWAY,
        NotNowError: Trace.AWAY,
        TokenRefusedError: Trace.AWAY,
        MissingScopeError: Trace.UNREADABLE,
        GoneError: Trace.NONE,
        NotMemberError: Trace.OUTSIDE,
        PlaceRefusedError: Trace.UNREADABLE,
        SlackError: Trace.UNREADABLE,
    }
    assert wanted == {kind: trace_after(kind("why")) for kind in wanted}


@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_response_url_names_a_refused_form_in_words_or_in_json(status: int) -> None:
    """Whatever the status of a refusal."""
    said = [url_refusal(status, {}, '{"ok": false, "error": "invalid_blocks"}')]
    said += [url_refusal(status, {}, "invalid_blocks")] if status != 200 else []

    assert {(FormRefusedError, "invalid_blocks")} == {
        (type(error), error.reason) for error in said if error is not None
    }


@pytest.mark.parametrize(
    ("status", "body", "kind", "reason"),
    [
        (404, '{"ok": false, "error": "used_url"}', PlaceRefusedError, "used_url"),
        (404, '{"ok": false, "error": "a_new_word"}', PlaceRefusedError, "a_new_word"),
        (403, "action_prohibited", PlaceRefusedError, "action_prohibited"),
        (410, "channel_is_archived\n", PlaceRefusedError, "channel_is_archived"),
        (400, "a_new_word: at /blocks/0", FormRefusedError, "a_new_word"),
        (200, '{"ok": false, "error": "a_new_word"}', FormRefusedError, "a_new_word"),
        (400, "internal_error", UnclearError, "internal_error"),
        (500, "a_new_word", SlackUnreachableError, "a_new_word"),
        (410, None, UnclearError, "an answer that cannot be read, status 410"),
        (403, "<html>", UnclearError, "an answer that cannot be read, status 403"),
    ],
)
def test_a_response_url_that_refuses_for_another_reason(
    status: int, body: str | None, kind: type[SlackError], reason: str
) -> None:
    """In words, in JSON, or by its status alone."""
    error = url_refusal(status, {}, body)

    assert (kind, reason) == (type(error), error.reason if error else "")
