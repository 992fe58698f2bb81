"""Bolt fills listener parameters by name; these tests keep the names and the kinds right."""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module
from typing import Any

import pytest
from slack_bolt.kwargs_injection.async_args import AsyncArgs

import bot.slack.listeners
from bot.slack.work import ack_first


def _methods() -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for module in pkgutil.iter_modules(bot.slack.listeners.__path__):
        loaded = import_module(f"bot.slack.listeners.{module.name}")
        for name, one in vars(loaded).items():
            if inspect.isclass(one) and one.__module__ == loaded.__name__:
                found += [
                    (f"{module.name}.{name}.{method}", function)
                    for method, function in vars(one).items()
                    if method.startswith("on_")
                ]
    return [*found, ("work.ack_first", ack_first)]


METHODS = _methods()
IDS = [name for name, _ in METHODS]
# What Bolt can fill in: the attributes of its own bundle of arguments.
KNOWN = frozenset(AsyncArgs.__annotations__)


def test_listeners_are_found() -> None:
    """The other tests of this file look at something."""
    assert "commands.CommandListener.on_command" in IDS


@pytest.mark.parametrize("method", [method for _, method in METHODS], ids=IDS)
def test_every_parameter_is_one_that_bolt_knows(method: Any) -> None:
    """An unknown name would silently become None."""
    names = set(inspect.signature(method).parameters) - {"self"}

    assert set() == names - KNOWN


@pytest.mark.parametrize("method", [method for _, method in METHODS], ids=IDS)
def test_no_parameter_is_keyword_only(method: Any) -> None:
    """Bolt never fills those."""
    kinds = {parameter.kind for parameter in inspect.signature(method).parameters.values()}

    assert {inspect.Parameter.POSITIONAL_OR_KEYWORD} == kinds


@pytest.mark.parametrize("method", [method for _, method in METHODS], ids=IDS)
def test_no_listener_is_synchronous(method: Any) -> None:
    """A plain function would hold up the loop, and Bolt's async app refuses it at run time."""
    assert inspect.iscoroutinefunction(method)
