"""What is said of the gateway itself: to anybody who asks, and to the admins when they must act."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.domain.gateway_health import GatewayHealth
from bot.domain.texts.catalog import Catalog
from bot.services.alarm import Alert
from bot.slack.blocks.block_kit import Message, code_span, note
from bot.slack.blocks.style import CardStyle


def health_note(health: GatewayHealth, style: CardStyle) -> Message:
    """How the gateway has been answering."""
    lines = "\n".join(_health_lines(health, style))
    return note(style.catalog.say("health.title"), lines)


def _health_lines(health: GatewayHealth, style: CardStyle) -> Iterator[str]:
    def told(name: str, when: datetime | None) -> Iterator[str]:
        if when is not None:
            yield style.catalog.say(f"health.{name}", when=style.moment(when))

    yield from told("down", health.down_since)
    yield from told("paused", health.paused_until)
    if health.last_failure is not None and health.last_error is not None:
        reason = style.catalog.error(health.last_error).title
        when = style.moment(health.last_failure)
        yield style.catalog.say("health.bad", when=when, reason=reason)
        yield from told("since_good", health.last_answer)
        if health.last_answer is None:
            yield from told("no_good_yet", health.since)
    elif health.last_answer is None:
        yield from told("never", health.since)
    else:
        yield from told("good", health.last_answer)
    yield from told("recovered", health.recovered_at if health.down_since is None else None)


def alert_note(alert: Alert, catalog: Catalog, command: str) -> Message:
    """What an admin must know, and do."""
    name = f"admin.{alert.trouble.value}"
    body = catalog.say(
        f"{name}_body",
        code=code_span(alert.code),
        error=code_span(alert.detail),
        command=code_span(command),
    )
    return note(catalog.say(name), body, small=[catalog.say("admin.once")])
