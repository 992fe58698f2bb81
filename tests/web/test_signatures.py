"""Slack's signatures, and what an operator hears of those that fail."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from bot.domain.timing import Timing
from bot.fake_slack.people.delivery import sign
from bot.web.signatures import Signatures, Taken, is_well_formed

NOW = 1_800_000_000
SIGNATURE = "v0=" + "0f" * 32
SECRET, OTHER_SECRET = "0" * 32, "1" * 32
BODY = b"text=236180474"


def fields(*pairs: tuple[str, str]) -> CIMultiDictProxy[str]:
    """Header fields as aiohttp passes them on."""
    return CIMultiDictProxy(CIMultiDict(pairs))


def at(timestamp: str, signature: str = SIGNATURE) -> bool:
    """Whether this time stamp and this signature have the right form."""
    named = ("x-slack-request-timestamp", timestamp), ("X-SLACK-SIGNATURE", signature)
    return is_well_formed(fields(*named))


@pytest.mark.parametrize(
    "timestamp",
    [
        *("", "-1800000000", "+1800000000", "1800000000.0", "1.8e9", "١٨٠٠٠٠٠٠٠٠"),
        *("1" * 13, "1800000000 "),
    ],
)
def test_a_time_stamp_has_digits_only(timestamp: str) -> None:
    """Slack sends Unix seconds."""
    assert (True, True, False) == (at("1"), at("1" * 12), at(timestamp))


@pytest.mark.parametrize(
    "signature",
    [
        *("", "0f" * 32, "v1=" + "0f" * 32, "v0=" + "0F" * 32, "v0=" + "0f" * 31),
        *("v0=" + "0f" * 33, f"{SIGNATURE},{SIGNATURE}", f" {SIGNATURE}"),
    ],
)
def test_a_signature_has_one_form(signature: str) -> None:
    """A version, and 64 lower-case hexadecimal digits."""
    assert not at(str(NOW), signature)


@pytest.mark.parametrize("times", [(0, 1), (1, 0), (2, 1), (1, 2)])
def test_each_field_comes_once(times: tuple[int, int]) -> None:
    """Of two, a proxy might check the other one."""
    stamps = [("X-Slack-Request-Timestamp", str(NOW))] * times[0]

    assert not is_well_formed(fields(*stamps, *[("X-Slack-Signature", SIGNATURE)] * times[1]))


class Requests:
    """Requests to a bot whose clocks the test moves.

    Attributes:
        seconds: those of both clocks since the beginning.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.signatures = Signatures(
            SECRET, now=lambda: NOW + self.seconds, clock=lambda: self.seconds
        )

    def come(self, times: int = 1, *, offset: int = 0, secret: str = SECRET) -> list[str]:
        """The faults of so many requests that Slack's clock stamps with this offset to ours."""
        stamp = NOW + int(self.seconds) + offset
        headers = fields(*sign(secret, stamp, BODY).items())
        return [self.signatures.fault_of(headers, BODY) for _ in range(times)]

    @property
    def warned(self) -> dict[str, str]:
        """What `/readyz` warns of."""
        return dict(self.signatures.warnings())


@pytest.fixture
def requests() -> Requests:
    """A bot that has just started."""
    return Requests()


def lines(log: io.StringIO) -> list[tuple[str, Any]]:
    """The level and the reason of each line of the log."""
    records = map(json.loads, log.getvalue().splitlines())
    return [(record["level"], record.get("reason")) for record in records]


@pytest.mark.parametrize("offset", [-300, -1, 0, 300])
def test_a_recent_request_of_slacks_passes(
    requests: Requests, log: io.StringIO, offset: int
) -> None:
    """The clocks may differ by five minutes, as Slack recommends."""
    assert ([""], {}, True) == (
        requests.come(offset=offset),
        requests.warned,
        requests.signatures.is_clock_right(),
    )
    assert "" == log.getvalue()


@pytest.mark.parametrize(("offset", "seconds"), [(-301, "301 s ahead"), (600, "600 s behind")])
def test_a_clock_that_is_wrong_is_said_once_with_its_seconds(
    requests: Requests, log: io.StringIO, offset: int, seconds: str
) -> None:
    """In the log and in `/readyz`, until Slack's requests pass again."""
    assert ["clock"] * 30 == requests.come(30, offset=offset)
    assert seconds in log.getvalue()
    assert "NTP" in log.getvalue()
    assert [("error", "clock")] == lines(log)
    assert ["slack_clock"] == [*requests.warned]
    assert seconds in requests.warned["slack_clock"]
    assert not requests.signatures.is_clock_right()

    assert [""] == requests.come()
    assert ({}, True) == (requests.warned, requests.signatures.is_clock_right())
    assert ["clock"] == requests.come(offset=offset)
    assert [("error", "clock"), ("info", None), ("error", "clock")] == lines(log)


def test_a_bot_that_gets_no_requests_becomes_ready_again(
    requests: Requests, log: io.StringIO
) -> None:
    """Otherwise one that is not ready, and so gets none, could not show that its clock is right."""
    requests.come(offset=-600)
    requests.seconds += Timing().clock_doubt
    doubted = requests.signatures.is_clock_right()
    requests.seconds += 1
    assert (False, True) == (doubted, requests.signatures.is_clock_right())

    requests.come(offset=-600)
    assert not requests.signatures.is_clock_right()
    assert [("error", "clock")] == lines(log)


def test_strangers_cannot_make_the_clock_look_wrong(requests: Requests) -> None:
    """An old time stamp counts only with Slack's signature."""
    assert ["signature"] == requests.come(offset=-600, secret=OTHER_SECRET)
    assert (True, {}) == (requests.signatures.is_clock_right(), requests.warned)


def test_a_secret_of_another_app_is_said_once(requests: Requests, log: io.StringIO) -> None:
    """At the third request, with their number; a wrong secret takes no bot out of service."""
    assert ["signature"] * 2 == requests.come(2, secret=OTHER_SECRET)
    assert ("", {}) == (log.getvalue(), requests.warned)

    requests.come(1, secret=OTHER_SECRET)
    assert "3 requests came, none with a valid signature" in log.getvalue()
    assert "SLACK_SIGNING_SECRET belongs to another app" in log.getvalue()
    requests.come(40, secret=OTHER_SECRET)
    assert [("error", "signature")] == lines(log)
    assert "43 requests came" in requests.warned["slack_signature"]
    assert requests.signatures.is_clock_right()

    assert [""] == requests.come()
    assert {} == requests.warned
    assert [("error", "signature"), ("info", None)] == lines(log)


def test_a_secret_that_was_replaced_is_said_once(requests: Requests, log: io.StringIO) -> None:
    """After a good signature strangers are likelier, so it takes thirty in a row."""
    requests.come()
    requests.come(29, secret=OTHER_SECRET)
    requests.come()
    requests.come(29, secret=OTHER_SECRET)
    assert "" == log.getvalue()

    requests.come(2, secret=OTHER_SECRET)
    assert [("error", "signature")] == lines(log)
    assert "the signing secret was replaced" in log.getvalue()
    assert "31 requests in a row" in requests.warned["slack_signature"]


class Clock:
    """Monotonic seconds that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        """The seconds."""
        return self.seconds


def request_number(number: int) -> CIMultiDictProxy[str]:
    """The signature fields of one of many requests."""
    return fields(*sign(SECRET, NOW, str(number).encode()).items())


def test_a_request_is_taken_once_while_its_signature_lives() -> None:
    """That may be ten minutes, if Slack's clock is five ahead of ours."""
    clock = Clock()
    taken = Taken(clock=clock)
    assert [True, False, True] == [taken.take(request_number(n)) for n in (1, 1, 2)]
    clock.seconds = 599.0
    assert not taken.take(request_number(1))
    clock.seconds = 1_199.0
    assert taken.take(request_number(3))
    clock.seconds = 1_799.0
    assert taken.take(request_number(1))


def test_a_request_that_failed_may_come_again() -> None:
    """Slack's next attempt may be within the same second, and then has the same signature."""
    taken = Taken()
    taken.take(request_number(1))
    taken.forget(request_number(1))
    taken.forget(request_number(2))
    assert taken.take(request_number(1))


def test_what_was_taken_is_bounded() -> None:
    """The oldest goes first."""
    taken = Taken()
    for number in range(20_001):
        taken.take(request_number(number))
    assert (False, True) == (taken.take(request_number(10_000)), taken.take(request_number(0)))
