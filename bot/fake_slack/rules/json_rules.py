"""Small rules for JSON values, from which the block rules are composed.

A rule takes any value and its JSON pointer, and yields problems in the format of Slack's `errors`.
Rules never raise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TypeAlias

Rule: TypeAlias = Callable[[object, str], Iterator[str]]
Fields: TypeAlias = Mapping[str, Rule]

NO_FIELDS: Fields = MappingProxyType({})


def problem(what: str, pointer: str) -> str:
    """One line of Slack's `errors`."""
    return f"{what} [json-pointer:{pointer}]"


def string(most: int, *, least: int = 1, blank: bool = True) -> Rule:
    """A string of `least` to `most` characters; with `blank`, white space counts as text."""

    def check(value: object, pointer: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield problem("must be a string", pointer)
        elif len(value if blank else value.strip()) < least:
            yield problem(f"must be more than {least - 1} characters", pointer)
        elif len(value) > most:
            yield problem(f"must be less than {most + 1} characters", pointer)

    return check


def whole(least: int, most: int) -> Rule:
    """An integer between two bounds, inclusive."""

    def check(value: object, pointer: str) -> Iterator[str]:
        # bool is a subclass of int in Python, but not a number in JSON.
        if isinstance(value, bool) or not isinstance(value, int):
            yield problem("must be an integer", pointer)
        elif not least <= value <= most:
            yield problem(f"must be between {least} and {most}", pointer)

    return check


def any_number(value: object, pointer: str) -> Iterator[str]:
    """Any number within JavaScript's safe range."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield problem("must be a number", pointer)
    elif not -(2**53) <= value <= 2**53:
        yield problem("must be a finite number", pointer)


def flag(value: object, pointer: str) -> Iterator[str]:
    """True or false."""
    if not isinstance(value, bool):
        yield problem("must be a boolean", pointer)


def choice(*allowed: str) -> Rule:
    """One of the allowed strings."""

    def check(value: object, pointer: str) -> Iterator[str]:
        if value not in allowed:
            yield problem(f"must be one of: {', '.join(allowed)}", pointer)

    return check


def items(rule: Rule, most: int, *, least: int = 1) -> Rule:
    """A list of `least` to `most` values that all satisfy one rule."""

    def check(value: object, pointer: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield problem("must be an array", pointer)
            return
        if len(value) < least:
            yield problem(f"no fewer than {least} items allowed", pointer)
        if len(value) > most:
            yield problem(f"no more than {most} items allowed", pointer)
        for number, item in enumerate(value):
            yield from rule(item, f"{pointer}/{number}")

    return check


def record(required: Fields = NO_FIELDS, optional: Fields = NO_FIELDS) -> Rule:
    """An object with all required fields, any optional ones, and no others."""
    known = {**required, **optional}

    def check(value: object, pointer: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield problem("must be an object", pointer)
            return
        for name in required:
            if name not in value:
                yield problem(f"missing required field: {name}", pointer)
        for name, content in value.items():
            if name in known:
                yield from known[name](content, f"{pointer}/{name}")
            else:
                yield problem(f"invalid additional property: {name}", pointer)

    return check


def by_type(shapes: Fields) -> Rule:
    """An object whose `type` selects the rule for its other fields."""

    def check(value: object, pointer: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield problem("must be an object", pointer)
            return
        kind = value.get("type")
        if not isinstance(kind, str):
            yield problem("missing required field: type", pointer)
        elif kind not in shapes:
            yield problem(f"unsupported type: {kind[:80]}", f"{pointer}/type")
        else:
            rest = {name: content for name, content in value.items() if name != "type"}
            yield from shapes[kind](rest, pointer)

    return check


def exactly_one_of(*names: str) -> Rule:
    """An object with exactly one of these fields."""

    def check(value: object, pointer: str) -> Iterator[str]:
        if isinstance(value, dict) and sum(name in value for name in names) != 1:
            yield problem(f"must have exactly one of: {', '.join(names)}", pointer)

    return check


def at_least_one_of(*names: str) -> Rule:
    """An object with at least one of these fields."""

    def check(value: object, pointer: str) -> Iterator[str]:
        if isinstance(value, dict) and not any(name in value for name in names):
            yield problem(f"must have at least one of: {', '.join(names)}", pointer)

    return check


def every(*rules: Rule) -> Rule:
    """A value that satisfies all of these rules."""

    def check(value: object, pointer: str) -> Iterator[str]:
        for rule in rules:
            yield from rule(value, pointer)

    return check
