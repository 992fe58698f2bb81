"""The sandbox gateway's ids in text: most have no digit, and are still ids."""

from __future__ import annotations

import pytest

from bot.domain.input.found_ids import find_ids


@pytest.mark.parametrize(
    ("text", "ids", "doubtful"),
    [
        ("SANDBOX-BUSY", ("SANDBOX-BUSY",), ()),
        ("IDMSG SANDBOX-BUSY", ("SANDBOX-BUSY",), ()),
        ("IDMSG: SANDBOX-NOANSWER", ("SANDBOX-NOANSWER",), ()),
        ("IDMSG SANDBOX-BUSY is what they sent", ("SANDBOX-BUSY",), ()),
        ("idmsgs SANDBOX-BUSY SANDBOX-OK", ("SANDBOX-BUSY", "SANDBOX-OK"), ()),
        ("the IDMSG `SANDBOX-BUSY`.", ("SANDBOX-BUSY",), ()),
        ("IDMSG SANDBOX-SLOW-1.5, please", ("SANDBOX-SLOW-1.5",), ()),
        ("IDMSG SANDBOX-failed.486", ("SANDBOX-failed.486",), ()),
        ("IDMSG SANDBOX-BUSY.", ("SANDBOX-BUSY",), ()),
        ("IDMSG sandbox-environment is down", (), ("sandbox-environment",)),
        ("IDMSG not found", (), ()),
        ("IDMSG SANDBOX is down", (), ()),
        ("no IDMSG SANDBOX- here", (), ()),
    ],
)
def test_they_are_found_after_the_word_idmsg(
    text: str, ids: tuple[str, ...], doubtful: tuple[str, ...]
) -> None:
    """With a colon or a blank between; in small letters they are ambiguous."""
    found = find_ids([text])

    assert (ids, doubtful) == (tuple(one.value for one in found.ids), found.doubtful)
