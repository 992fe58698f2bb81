"""The URLs that the bot may send its token to."""

from __future__ import annotations

from typing import Any, Final

from bot.slack.api.addresses import is_slacks

SLACK: Final = "https://slack.com/api/"
LOOPBACK: Final = "http://127.0.0.1:4000/api/"
OWN: Final = (
    "https://files.slack.com/files-pri/T1-F1/download/a.csv",
    "https://files.slack.com:443/files-pri/T1-F1/a.csv",
    "https://FILES.Slack.com/a%20b.csv?pub_secret=1#x",
    "https://acme.slack.com/files-pri/T1-F1/a.csv",
    "https://slack.com/a",
    "https://files.slack-gov.com/a.csv",
)
OTHERS: Final[tuple[Any, ...]] = (
    "http://files.slack.com/a.csv",
    "https://files.slack.com:8443/a.csv",
    "https://slack.com.evil.example/a.csv",
    "https://evilslack.com/a.csv",
    "https://files.slack.com@evil.example/a.csv",
    "https://user:word@files.slack.com/a.csv",
    "https://evil.example/files.slack.com/a.csv",
    "https://evil.example\\@files.slack.com/a.csv",
    "https://evil.example?.slack.com/a.csv",
    "https://evil.example#.slack.com/a.csv",
    "https://evil.example\t.slack.com/a.csv",
    "https://evil.example\n.slack.com/a.csv",
    "https://files.slack.com/a.csv\nHost: evil.example",
    "https://files.slack.com/a\\b.csv",
    "https://files.slack.com",
    "https://files.slack.com./a.csv",
    "https://.slack.com/a.csv",
    "https://fïles.slack.com/a.csv",
    "https://files\u3002slack.com/a.csv",
    "https://[::ffff:1.2.3.4]/a.csv",
    "https:files.slack.com/a.csv",
    "https:///files.slack.com/a.csv",
    "//files.slack.com/a.csv",
    "ftp://files.slack.com/a.csv",
    "file:///etc/passwd",
    " https://files.slack.com/a.csv",
    "https://files.slack.com:99999999/a.csv",
    "",
    # A payload may have any value.
    *(None, 1, b"https://slack.com/a", ["https://slack.com/a"], {}),
)


def test_slacks_own_addresses_are_slacks() -> None:
    """Over TLS, on Slack's hosts, for any URL of the Web API."""
    refused = [one for one in OWN for api in (SLACK, LOOPBACK) if not is_slacks(one, api)]
    assert [] == refused


def test_nobody_elses_address_is_slacks() -> None:
    """In any disguise."""
    trusted = [one for one in OTHERS for api in (SLACK, LOOPBACK) if is_slacks(one, api)]
    assert [] == trusted


def test_the_api_that_was_set_is_trusted_as_a_whole_origin_only() -> None:
    """Scheme, host and port must match; the tests' loopback Slack is such an API."""
    assert is_slacks("http://127.0.0.1:4000/files-pri/T1-F1/a.csv", LOOPBACK)
    for other in ("http://127.0.0.1:4001/a", "http://127.0.0.1/a", "https://127.0.0.1:4000/a"):
        assert not is_slacks(other, LOOPBACK)
    assert not is_slacks("http://x.127.0.0.1:4000/a", LOOPBACK)
    assert not is_slacks("http://127.0.0.1:4000/a", SLACK)
    assert is_slacks("http://127.0.0.1:80/a", "http://127.0.0.1/api/")
    assert is_slacks("http://[::1]:4000/a", "http://[::1]:4000/api/")
    assert not is_slacks("http://[::2]:4000/a", "http://[::1]:4000/api/")
    assert is_slacks("http://fake_slack:4000/a", "http://fake_slack:4000/api/")
