"""The chain of the audit: what a link covers, and what an erased name leaves."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from bot.domain.audit import AuditEntry, AuditKey, Link

KEY = AuditKey(b"a key")
ENTRY = AuditEntry(
    at=datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC),
    team="T1",
    user="U1",
    channel="C1",
    surface="command",
    action="lookup",
    idmsg_hash="0123456789abcdef",
    outcome="answered",
    reason=None,
)


def test_links_are_numbered_and_follow_each_other() -> None:
    """An equal entry at another place of the chain has another MAC."""
    first = KEY.after(Link(), asdict(ENTRY))
    second = KEY.after(first, asdict(ENTRY))
    assert (1, 2) == (first.number, second.number)
    assert first.mac != second.mac


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("at", ENTRY.at + timedelta(microseconds=1)),
        ("team", "T2"),
        ("user", "U2"),
        ("channel", "C2"),
        ("surface", "mention"),
        ("action", "share"),
        ("idmsg_hash", "1123456789abcdef"),
        ("outcome", "failed"),
        ("reason", "user"),
        ("outcome", None),
    ],
)
def test_a_link_covers_every_field(name: str, other: Any) -> None:
    """Whoever changes a field would need another MAC."""
    changed = asdict(ENTRY) | {name: other}
    assert KEY.after(Link(), asdict(ENTRY)) != KEY.after(Link(), changed)


def test_a_link_covers_the_one_before_it_and_depends_on_the_key() -> None:
    """An entry cannot be moved, and nobody without the key can make a MAC."""
    link = KEY.after(Link(), asdict(ENTRY))
    assert link != KEY.after(Link(number=0, mac="x"), asdict(ENTRY))
    assert link != AuditKey(b"another key").after(Link(), asdict(ENTRY))


def test_fields_cannot_be_shifted() -> None:
    """The same text divided otherwise between two fields has another MAC."""
    one = asdict(replace(ENTRY, surface="ab", outcome="c"))
    assert KEY.after(Link(), one) != KEY.after(Link(), one | {"surface": "a", "outcome": "bc"})


def test_the_zone_of_the_moment_does_not_count() -> None:
    """Databases return it in UTC."""
    brasilia = ENTRY.at.astimezone(timezone(timedelta(hours=-3)))
    assert KEY.after(Link(), asdict(ENTRY)) == KEY.after(Link(), asdict(ENTRY) | {"at": brasilia})


def test_an_alias_in_place_of_a_name_leaves_the_link_as_it_is() -> None:
    """So that a name can be erased."""
    erased = asdict(ENTRY) | {"user": KEY.alias("U1"), "channel": KEY.alias("C1")}
    assert KEY.after(Link(), asdict(ENTRY)) == KEY.after(Link(), erased)


def test_an_alias_is_keyed_and_stable() -> None:
    """It does not contain the name, and an alias or an empty name stays what it is."""
    alias = KEY.alias("U1")
    assert "U1" not in alias
    assert alias == KEY.alias("U1") == KEY.alias(alias)
    assert alias not in {KEY.alias("U2"), AuditKey(b"another key").alias("U1")}
    assert "" == KEY.alias("")


def test_a_list_is_one_entry_and_many_calls() -> None:
    """Each call with its own outcome; any other entry is itself."""
    listed = replace(ENTRY, idmsg_hash="aa bb", outcome="answered failed")
    assert [("aa", "answered"), ("bb", "failed")] == [
        (one.idmsg_hash, one.outcome) for one in listed.calls()
    ]
    refused = replace(ENTRY, idmsg_hash=None, outcome=None)
    assert ([ENTRY], [refused]) == ([*ENTRY.calls()], [*refused.calls()])


def test_a_list_that_somebody_changed_is_itself() -> None:
    """An export does not end for it."""
    odd = replace(ENTRY, idmsg_hash="aa bb", outcome="answered")
    assert [odd] == [*odd.calls()]


def test_the_key_does_not_show_itself() -> None:
    """Not in a traceback or a log."""
    assert "<AuditKey>" == repr(KEY)
