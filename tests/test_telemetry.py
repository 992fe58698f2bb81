"""Log lines: only named keys, no text of libraries, exceptions by type; ids as keyed hashes."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from bot.domain.audit import AuditEntry
from bot.domain.call_status import Answer, Finding, LookupFailure, read_result
from bot.domain.input.message_id import MessageId
from bot.logs import ALLOWED_KEYS, CountingHandler
from bot.storage.records import RecentLookup
from bot.telemetry import Telemetry
from tests.support.voicestatus_process import Voicestatus

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RECENT = RecentLookup(team="T1", user="U1", idmsg="MPG1", outcome="answered", at=NOON)
CANARY = "canary-5511987654321"


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    """The log as objects."""
    return [json.loads(line) for line in log.getvalue().splitlines()]


def count(telemetry: Telemetry, name: str) -> float:
    """The value of one sample, by its name and labels."""
    page = telemetry.exposition().decode()
    return next(
        sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if name == " ".join((sample.name, *sample.labels.values()))
    )


def found(finding: Finding, *, from_cache: bool = False) -> Answer:
    """What was found out about a call."""
    moment = datetime(2026, 11, 23, 10, tzinfo=UTC)
    return Answer(
        message_id=MessageId(CANARY), finding=finding, checked_at=moment, from_cache=from_cache
    )


def test_a_look_up_is_counted_and_logged_by_its_hash(log: io.StringIO) -> None:
    """Outcome, time and hash stand in the line; the id does not."""
    telemetry = Telemetry(b"k" * 32)

    telemetry.looked_up(found(read_result("ok:85.00"), from_cache=True), 0.5)

    (line,) = lines(log)
    assert "looked up" == line["event"]
    assert telemetry.hashed(CANARY) == line["idmsg_hash"]
    assert ("answered", 0.5, True) == (line["outcome"], line["seconds"], line["cached"])
    assert CANARY not in log.getvalue()
    assert 1.0 == count(telemetry, "voicestatus_lookups_total answered")
    assert 1.0 == count(telemetry, "voicestatus_lookups_from_cache_total")


def test_a_failed_look_up_is_counted_by_its_error(log: io.StringIO) -> None:
    """The error's code is a label."""
    telemetry = Telemetry(b"k" * 32)

    telemetry.looked_up(found(LookupFailure(error="timeout")), 1)

    assert "timeout" == lines(log)[0]["error"]
    assert 1.0 == count(telemetry, "voicestatus_lookup_failures_total timeout")
    assert 0.0 == count(telemetry, "voicestatus_lookups_from_cache_total")


def test_a_refusal_is_counted_by_its_reason(log: io.StringIO) -> None:
    """Who was refused where stands in the log, for the operator."""
    telemetry = Telemetry(b"k" * 32)

    telemetry.refused(reason="channel", user="U1", channel="C1")

    assert ("channel", "U1", "C1") == tuple(lines(log)[0][n] for n in ("reason", "user", "channel"))
    assert 1.0 == count(telemetry, "voicestatus_refusals_total channel")


def test_records_that_were_lost_are_counted_and_logged(log: io.StringIO) -> None:
    """All that were lost together in one line."""
    telemetry = Telemetry(b"k" * 32)

    telemetry.lost([RECENT] * 3, "storage", "The disk is full.")
    telemetry.lost([RECENT], "overflow", "Too many.")

    assert [
        ("error", 3, "storage", "The disk is full."),
        ("error", 1, "overflow", "Too many."),
    ] == [tuple(line[key] for key in ("level", "count", "error", "detail")) for line in lines(log)]
    assert 4.0 == count(telemetry, "voicestatus_records_lost_total")


def test_an_audit_entry_that_was_lost_is_in_the_log(log: io.StringIO) -> None:
    """With the hash of the id, so that the gap in the audit can be filled by hand."""
    entry = AuditEntry(
        at=NOON,
        team="T1",
        user="U1",
        channel="C1",
        surface="command",
        action="lookup",
        idmsg_hash="0123456789abcdef",
        outcome="failed",
    )

    Telemetry(b"k" * 32).lost([RECENT, entry], "storage", "The disk is full.")

    (line,) = [line for line in lines(log) if line["event"] == "audit entry"]
    assert ("2026-11-23T12:00:00+00:00", "T1", "U1", "C1", "lookup", "0123456789abcdef") == tuple(
        line[key] for key in ("at", "team", "user", "channel", "action", "idmsg_hash")
    )


def test_the_hash_depends_on_the_key_and_tells_ids_apart() -> None:
    """Equal ids have equal hashes under one key, and nothing can be compared across keys."""
    one, other = Telemetry(b"k" * 32), Telemetry(b"j" * 32)

    assert one.hashed("A") == one.hashed("A")
    assert one.hashed("A") != one.hashed("B")
    assert one.hashed("A") != other.hashed("A")
    assert 16 == len(one.hashed("A"))


def test_a_key_that_was_not_decided_on_does_not_reach_the_log(log: io.StringIO) -> None:
    """A slip such as log.info(text=…) writes nothing of it."""
    structlog.get_logger("bot.slip").info("asked", text=CANARY, body=CANARY, reason="kept")

    assert {"event", "level", "logger", "timestamp", "reason"} == set(lines(log)[0])
    assert set(lines(log)[0]) <= ALLOWED_KEYS


def test_a_long_value_is_cut(log: io.StringIO) -> None:
    """Nobody fills a log line with what they typed."""
    structlog.get_logger("bot.slip").info("asked", reason="x" * 1_000)

    assert "x" * 200 == lines(log)[0]["reason"]


def test_sentences_are_longer_than_values(log: io.StringIO) -> None:
    """A problem with its remedy fits into a line."""
    structlog.get_logger("bot.slip").error("y" * 2_000, detail="z" * 2_000)

    (line,) = lines(log)
    assert ("y" * 1_000, "z" * 1_000) == (line["event"], line["detail"])


def test_a_library_is_named_and_its_text_withheld(log: io.StringIO) -> None:
    """Where it came from stays; its text may hold bodies and addresses."""
    logging.getLogger("some.library").warning("body %s", CANARY)

    (line,) = lines(log)
    assert "message of a library; its text is withheld" == line["event"]
    assert "test_telemetry.test_a_library_is_named" in line["where"]
    assert CANARY not in log.getvalue()


def test_other_warnings_of_bolt_are_named(log: io.StringIO) -> None:
    """Only what Bolt has to say about tokens while it is built is dropped."""
    logger = logging.getLogger("slack_bolt.AsyncApp")
    # Bolt sets it to the root's level of the moment, each time it is built.
    logger.setLevel(logging.WARNING)
    logger.warning("a listener did not acknowledge")

    assert ["slack_bolt.AsyncApp"] == [line["logger"] for line in lines(log)]


def test_a_logger_that_only_begins_like_ours_is_a_library(log: io.StringIO) -> None:
    """`botocore` is not `bot`."""
    logging.getLogger("botocore").warning(CANARY)

    assert CANARY not in log.getvalue()


def test_an_exception_is_logged_by_types_and_frames_without_its_text(log: io.StringIO) -> None:
    """The chain of types and the places, for own loggers and for libraries."""
    cause, error = KeyError(CANARY), ValueError(CANARY)
    error.__cause__ = cause
    for name in ("bot.part", "some.library"):
        try:
            raise error
        except ValueError:
            logging.getLogger(name).exception("failed")

    for line in lines(log):
        assert "ValueError from KeyError" == line["exception"]
        assert "test_an_exception_is_logged" in " ".join(line["frames"])
    assert 2 == len(lines(log))
    assert CANARY not in log.getvalue()
    assert "Traceback" not in log.getvalue()


def test_an_exception_that_names_itself_as_its_context_ends(log: io.StringIO) -> None:
    """A circle in the chain of causes is walked once."""
    one, other = ValueError(), KeyError()
    one.__cause__, other.__cause__ = other, one

    structlog.get_logger("bot.part").error("failed", exc_info=one)

    assert "ValueError from KeyError" == lines(log)[0]["exception"]


class Time:
    """A clock that a test moves, and what was to be called later."""

    def __init__(self) -> None:
        self.now = 50.0
        self.due: list[tuple[float, Callable[[], None]]] = []

    def clock(self) -> float:
        """Seconds."""
        return self.now

    def later(self, seconds: float, do: Callable[[], None]) -> None:
        """Keep it for the test."""
        self.due.append((seconds, do))


@pytest.fixture
def passing(log: io.StringIO) -> Iterator[Time]:
    """The log counts by a clock of the test."""
    passing = Time()
    handler = CountingHandler(seconds=1.0, clock=passing.clock, later=passing.later)
    handler.setStream(log)
    root = logging.getLogger()
    handler.setFormatter(root.handlers[0].formatter)
    root.handlers = [handler]
    yield passing
    handler.close()


def say(times: int, **fields: object) -> None:
    """Write equal records."""
    for _ in range(times):
        structlog.get_logger("bot.part").warning("refused", **fields)


def events(log: io.StringIO) -> list[str]:
    """What was written, in order."""
    return [line["event"] for line in lines(log)]


def test_equal_records_of_a_second_are_counted(passing: Time, log: io.StringIO) -> None:
    """Ten are written, and once the second is over how many more there were."""
    say(13, reason="one")
    assert ["refused"] * 10 == events(log)
    ((seconds, do),) = passing.due
    do()

    assert 1.0 == seconds
    assert "refused … repeated 3 times" == events(log)[-1]
    assert (3, "one", "warning", "bot.part") == tuple(
        lines(log)[-1][key] for key in ("repeated", "reason", "level", "logger")
    )
    assert 11 == len(events(log))


def test_the_next_record_ends_a_second_that_is_over(passing: Time, log: io.StringIO) -> None:
    """So the counts stand in the log before what came later."""
    say(12)
    passing.now += 1.0
    say(1, reason="later")

    assert ["refused … repeated 2 times", "refused"] == events(log)[10:]


def test_a_new_second_begins_anew(passing: Time, log: io.StringIO) -> None:
    """Ten are written again, and one more call is asked for when it is needed."""
    say(11)
    passing.due.pop()[1]()
    say(11)

    assert 10 + 1 + 10 == len(events(log))
    assert 1 == len(passing.due)


@pytest.mark.usefixtures("passing")
def test_records_that_differ_are_not_counted_together(log: io.StringIO) -> None:
    """By a field, a level, a logger, or the kind of error; the time is no difference."""
    say(10)
    say(1, reason="another")
    structlog.get_logger("bot.part").error("refused")
    structlog.get_logger("bot.another").warning("refused")
    say(1, exc_info=ValueError())
    say(1, exc_info=KeyError())

    assert ["refused"] * 15 == events(log)


@pytest.mark.usefixtures("passing")
def test_libraries_that_write_at_one_place_are_kept_apart(log: io.StringIO) -> None:
    """As a function that many use might."""
    for number in range(20):
        logging.getLogger(f"library{number % 2}").warning("x")

    assert 20 == len(events(log))


@pytest.mark.usefixtures("passing")
def test_a_key_that_is_not_written_makes_no_difference(log: io.StringIO) -> None:
    """Otherwise whoever varies it would fill the log."""
    for number in range(11):
        say(1, text=number)

    assert 10 == len(events(log))


def test_records_of_libraries_are_counted_by_their_place(passing: Time, log: io.StringIO) -> None:
    """Their texts differ, and are not written anyway."""
    for number in range(14):
        logging.getLogger("some.library").error("failed: %d", number, exc_info=OSError(CANARY))
    passing.due.pop()[1]()

    assert "message of a library; its text is withheld … repeated 4 times" == events(log)[-1]
    assert 11 == len(events(log))
    assert CANARY not in log.getvalue()


def test_what_is_counted_is_written_when_the_process_ends(tmp_path: Path) -> None:
    """The end does not wait for the second to be over, and loses nothing."""
    program = (
        "import structlog; from bot.logs import configure_logging as c; "
        "c(level='INFO', json=True); log = structlog.get_logger('bot.x'); "
        "[log.info('said') for _ in range(15)]"
    )
    ended = Voicestatus(directory=tmp_path).run_python(program)

    assert (0, 11) == (ended.code, len(ended.err.splitlines()))
    assert 5 == json.loads(ended.err.splitlines()[-1])["repeated"]
