"""How listeners stand with Bolt: names of parameters, acknowledgements, and the end of the work."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from slack_bolt.kwargs_injection.async_args import AsyncArgs

import bot.slack.listeners
from bot.slack.inbound.running_listeners import ack_first


def _classes() -> Iterator[tuple[str, Any]]:
    for module in pkgutil.iter_modules(bot.slack.listeners.__path__):
        loaded = import_module(f"bot.slack.listeners.{module.name}")
        for name, one in vars(loaded).items():
            if inspect.isclass(one) and one.__module__ == loaded.__name__:
                yield f"{module.name}.{name}", one


LISTENERS = dict(_classes())
METHODS = {
    f"{name}.{method}": function
    for name, one in LISTENERS.items()
    for method, function in vars(one).items()
    if method.startswith("on_")
} | {"work.ack_first": ack_first}
# What Bolt can fill in: the attributes of its own bundle of arguments.
KNOWN = frozenset(AsyncArgs.__annotations__)


def parameters(method: Any) -> dict[str, inspect.Parameter]:
    """The parameters that Bolt fills."""
    found = dict(inspect.signature(method).parameters)
    found.pop("self", None)
    return found


def test_listeners_are_found() -> None:
    """The other tests of this file look at something."""
    assert "commands.CommandListener.on_command" in METHODS


def test_every_parameter_is_one_that_bolt_knows() -> None:
    """An unknown name would silently become None."""
    assert [] == [
        (name, parameter)
        for name, one in METHODS.items()
        for parameter in parameters(one)
        if parameter not in KNOWN
    ]


def test_no_parameter_is_keyword_only() -> None:
    """Bolt never fills those."""
    assert [] == [
        (name, parameter.name)
        for name, one in METHODS.items()
        for parameter in parameters(one).values()
        if parameter.kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD
    ]


def test_no_listener_is_synchronous() -> None:
    """A plain function would hold up the loop, and Bolt's async app refuses it at run time."""
    assert [] == [name for name, one in METHODS.items() if not inspect.iscoroutinefunction(one)]


class Registrations:
    """Stands for Bolt's app, and keeps what is registered: the kind, the listener, if it acks."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str, bool]] = []

    def __getattr__(self, kind: str) -> Callable[..., Callable[[Any], None]]:
        """A method of the app, such as `action`."""

        def register(_what: object, middleware: list[Any] | None = None) -> Callable[[Any], None]:
            return lambda one: self.found.append(
                (kind, one.__func__.__qualname__, middleware == [ack_first])
            )

        return register


def test_whatever_slack_waits_for_is_acknowledged_first() -> None:
    """All listeners are registered; Bolt acknowledges events, and forms carry their answer."""
    app = Registrations()
    for one in LISTENERS.values():
        one(None).register(app)

    assert {name.partition(".")[2] for name in METHODS} == {
        "ack_first",
        *(name for _, name, _ in app.found),
    }
    assert [] == [
        (kind, name)
        for kind, name, acks_first in app.found
        if acks_first is (kind in {"event", "view"})
    ]


def test_every_listener_is_waited_for_at_the_end() -> None:
    """It enlists itself as ongoing work."""
    assert ["work.ack_first"] == [
        name for name, one in METHODS.items() if "track" not in one.__code__.co_names
    ]
