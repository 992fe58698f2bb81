"""Listeners and Bolt: parameter names, acknowledgements, and waiting at shutdown."""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from importlib import import_module
from typing import Any, cast

from slack_bolt.kwargs_injection.async_args import AsyncArgs

import bot.slack.listeners
from bot.demo.gallery import exhibits
from bot.slack.context import ListenerContext
from bot.slack.inbound.app import AckFirst


def _classes() -> Iterator[tuple[str, Any]]:
    for module in pkgutil.iter_modules(bot.slack.listeners.__path__):
        loaded = import_module(f"bot.slack.listeners.{module.name}")
        for name, one in vars(loaded).items():
            if inspect.isclass(one) and one.__module__ == loaded.__name__:
                yield f"{module.name}.{name}", one


class Registrations:
    """Replaces Bolt's app, and records each registration: the kind, the listener, if it acks."""

    def __init__(self) -> None:
        self.found: list[tuple[str, Any, bool]] = []
        self.names: dict[str, list[Any]] = {}

    def __getattr__(self, kind: str) -> Callable[..., Callable[[Any], None]]:
        """A registering method of the app, such as `action`."""

        def register(what: object, middleware: list[Any] | None = None) -> Callable[[Any], None]:
            self.names.setdefault(kind, []).append(what)
            acks_first = [AckFirst] == [type(one) for one in middleware or ()]
            return lambda one: self.found.append((kind, one, acks_first))

        return register


class Anything:
    """A service whose methods are registered, and not called."""

    def __getattr__(self, name: str) -> object:
        """A method."""
        return name


def all_registered() -> Registrations:
    """All registrations."""
    app = Registrations()
    parts = dict.fromkeys((one.name for one in fields(ListenerContext)), cast("Any", Anything()))
    for one in LISTENERS.values():
        one(ListenerContext(**parts)).register(app)
    return app


def registered() -> list[tuple[str, Any, bool]]:
    """All listeners, as Bolt gets them."""
    return all_registered().found


LISTENERS = dict(_classes())
# What Bolt can fill in: the attributes of its own bundle of arguments.
KNOWN = frozenset(AsyncArgs.__annotations__)


def test_every_parameter_is_one_that_bolt_knows() -> None:
    """Bolt would pass None for an unknown name, and for a keyword-only one."""
    assert [] == [
        (one, parameter.name)
        for _, one, _ in registered()
        for parameter in inspect.signature(one).parameters.values()
        if parameter.name not in KNOWN
        or parameter.kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD
    ]


def test_whatever_slack_waits_for_is_acknowledged_first() -> None:
    """Except events, which Bolt acknowledges, and modals, which answer with errors."""
    assert [] == [
        (kind, one)
        for kind, one, acks_first in registered()
        if acks_first is (kind in {"event", "view"})
    ]


def test_every_listener_is_registered() -> None:
    """Each class registers all of its `on_` methods."""
    assert "questions.QuestionListener" in LISTENERS
    assert [] == [
        f"{name}.{method}"
        for name, one in LISTENERS.items()
        for method in vars(one)
        if method.startswith("on_") and method not in one.register.__code__.co_names
    ]


def test_every_listener_is_waited_for_at_the_end() -> None:
    """Each one tracks its task and is a coroutine function."""
    listeners = [one for _, one, _ in registered()]

    assert listeners
    assert [] == [one for one in listeners if "track" not in one.__code__.co_names]
    assert [] == [one for one in listeners if not inspect.iscoroutinefunction(one)]


FIELDS = ("plain_text_input", "conversations_select")


def used(part: Any) -> Iterator[str]:
    """The `action_id` of each button and menu in a tree of blocks; fields send no action."""
    if isinstance(part, Mapping):
        if "action_id" in part and part["type"] not in FIELDS:
            yield part["action_id"]
        part = list(part.values())
    if isinstance(part, list | tuple):
        for one in part:
            yield from used(one)


def listens(name: Any, one: str) -> bool:
    """Whether Bolt would call the listener registered under this name."""
    return bool(name.search(one)) if isinstance(name, re.Pattern) else name == one


def test_what_people_press_and_submit_has_one_listener_and_each_listener_something() -> None:
    """For everything in the gallery, by `action_id` and `callback_id`."""
    shown = [exhibit.shown.content for exhibit in exhibits()]
    forms = {one["callback_id"] for one in shown if "submit" in one}
    for kind, made in (("action", set(used(shown))), ("view", forms)):
        names = all_registered().names[kind]
        assert [] == [one for one in made if sum(listens(name, one) for name in names) != 1]
        assert [] == [name for name in names if not any(listens(name, one) for one in made)]
