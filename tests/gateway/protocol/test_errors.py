"""The error tree: what each class promises to the authors of texts and logs."""

from __future__ import annotations

import bot.gateway.protocol.errors as module
from bot.gateway.protocol.errors import (
    Busy,
    ConnectionLost,
    GatewayError,
    HttpStatus,
    Paused,
)
from tests.support.error_tree import LEAVES, descendants

RETRYABLE = {
    "name_not_resolved",
    "connection_refused",
    "connect_timeout",
    "connection_lost",
    "http_unavailable",
}


def test_every_leaf_has_a_code_of_its_own() -> None:
    """Texts are found by code, so no two errors may share one."""
    codes = [vars(cls)["code"] for cls in LEAVES]
    assert len(LEAVES) == len(set(codes))


def test_every_code_stands_in_the_drawn_tree() -> None:
    """The tree in the module's docstring shows each class beside its code, and the stars."""
    drawn = module.__doc__ or ""
    lines = {line.split()[-1]: line for line in drawn.splitlines() if line.split()}
    for cls in LEAVES:
        assert cls.__name__ in lines[cls.code]
        assert cls.retryable == ("*" in lines[cls.code])


def test_only_lost_transport_may_be_repeated() -> None:
    """An answer, a fault and an empty result are never requested again."""
    assert {cls.code for cls in LEAVES if cls.retryable} == RETRYABLE


def test_an_error_may_deny_what_its_class_allows() -> None:
    """A connection that is lost in the middle of an answer is not to be tried again."""
    error = ConnectionLost()
    error.retryable = False
    assert ConnectionLost().retryable


def test_every_class_says_what_it_means() -> None:
    """Each class has its own docstring, which is also its message."""
    for cls in descendants(GatewayError):
        assert vars(cls)["__doc__"]


def test_str_is_the_code_with_our_own_sentence() -> None:
    """An operator can read the error without the source at hand."""
    assert (
        str(ConnectionLost())
        == "connection_lost: The connection ended before the whole reply had arrived."
    )
    assert str(ConnectionLost("ClientPayloadError")).endswith("arrived. [ClientPayloadError]")
    assert str(HttpStatus("HTTP 418")).endswith("[HTTP 418]")
    assert str(Paused()).endswith("outlasts the deadline.")
    assert str(Busy()).endswith("before the deadline.")


def test_an_error_without_a_fact_is_its_sentence_alone() -> None:
    """Without a fact the sentence is unchanged."""
    error = Busy()

    assert "" == error.fact
    assert not str(error).endswith("]")
