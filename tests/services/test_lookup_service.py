"""The look-up use case before the sandbox: errors become values, and all is counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from bot.domain.access import AccessRules, Asker, Refusal
from bot.domain.call_status import Answer, CallStatus, LookupFailure, Outcome
from bot.domain.gate import RateLimits, Urgency
from bot.domain.input.message_id import MessageId
from bot.gateway.client import GatewayClient, open_gateway
from bot.gateway.protocol.errors import GatewayError
from bot.gateway.protocol.soap import Account, SoapVersion
from bot.gateway.sandbox.server import running_sandbox
from bot.services.lookup import LookupService
from bot.telemetry import Telemetry

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
RULES = AccessRules(channels=frozenset({"C1"}), admins=frozenset({"U9"}))


@pytest.fixture
async def gateway() -> AsyncIterator[GatewayClient]:
    """A client of the sandbox, with a clock that stands."""
    async with (
        running_sandbox(port=0) as url,
        open_gateway(
            url=url,
            account=Account("C" * 40, "T" * 6),
            version=SoapVersion.V1_1,
            timeout_seconds=5,
            limits=RateLimits(requests_per_second=1000, max_concurrency=50),
            now=lambda: NOW,
        ) as client,
    ):
        yield client


def service_of(gateway: GatewayClient, most_of_one: int | None = None) -> LookupService:
    """The service before the sandbox."""
    return LookupService(
        gateway=gateway,
        rules=RULES,
        telemetry=Telemetry(b"k" * 32),
        now=lambda: NOW,
        most_of_one=most_of_one,
    )


@pytest.fixture
def service(gateway: GatewayClient) -> LookupService:
    """The service without a limit for one user."""
    return service_of(gateway)


async def outcomes(service: LookupService, *names: str) -> list[str]:
    """What comes of these scripted ids, as words."""
    found = await service.look_up([MessageId(f"SANDBOX-{name}") for name in names])
    return [
        answer.finding.outcome.value
        if isinstance(answer.finding, CallStatus)
        else answer.finding.error
        for answer in found
    ]


async def test_answers_keep_the_order_of_the_ids(service: LookupService) -> None:
    """The slow one first, the failed one in the middle."""
    found = await outcomes(service, "SLOW-0.2", "EMPTY", "BUSY", "FOREVER")

    assert ["answered", "empty_result", "failed", "pending"] == found


async def test_an_error_of_the_gateway_becomes_a_value(service: LookupService) -> None:
    """The finding carries the code and a fact in no language; nothing is raised."""
    (answer,) = await service.look_up([MessageId("SANDBOX-FAULT-forbidden")])

    assert LookupFailure(error="http_status", detail="HTTP 403") == answer.finding
    assert (NOW, False) == (answer.checked_at, answer.from_cache)


@pytest.mark.parametrize("urgency", [*Urgency])
async def test_the_gateway_hears_how_urgent_it_is_and_who_asks(
    service: LookupService, monkeypatch: pytest.MonkeyPatch, urgency: Urgency
) -> None:
    """A look-up in the background does not take the place of a person; people take turns."""
    heard: list[tuple[Urgency, str]] = []
    ask = service._gateway.status

    async def status(
        message_id: MessageId, *, urgency: Urgency, asker: str
    ) -> Answer | GatewayError:
        heard.append((urgency, asker))
        return await ask(message_id, urgency=urgency, asker=asker)

    monkeypatch.setattr(service._gateway, "status", status)
    await service.look_up([MessageId("SANDBOX-OK")], urgency=urgency, asker="U1")

    assert [(urgency, "U1")] == heard


async def test_a_good_answer_is_marked_as_the_sandboxs(service: LookupService) -> None:
    """The card can say that no real call was made."""
    (answer,) = await service.look_up([MessageId("SANDBOX-OK")])

    assert isinstance(answer.finding, CallStatus)
    assert (Outcome.ANSWERED, True) == (answer.finding.outcome, answer.sandbox)


async def test_health_remembers_the_last_answer_and_the_failure_after_it(
    service: LookupService,
) -> None:
    """A failure does not hide when the gateway last answered; an answer clears the failure."""
    assert (None, None) == (service.health.last_answer, service.health.last_failure)

    await outcomes(service, "001")
    await outcomes(service, "EMPTY")
    failed = service.health
    await outcomes(service, "BUSY")

    assert (NOW, NOW, "empty_result") == (
        failed.last_answer,
        failed.last_failure,
        failed.last_error,
    )
    assert (NOW, None) == (service.health.last_answer, service.health.last_failure)


async def test_an_answer_from_the_cache_says_nothing_about_the_gateways_health(
    service: LookupService,
) -> None:
    """A kept answer after a failure does not make the gateway look well."""
    await outcomes(service, "OK")
    await outcomes(service, "EMPTY")
    await outcomes(service, "OK")

    assert "empty_result" == service.health.last_error


@pytest.mark.parametrize(
    ("user", "channel", "reason"),
    [("U1", "C1", None), ("U1", "C2", Refusal.CHANNEL), ("U9", "C2", None)],
    ids=["allowed", "refused", "admin"],
)
async def test_a_refusal_that_is_only_explained_is_not_counted(
    service: LookupService, user: str, channel: str, reason: Refusal | None
) -> None:
    """`whoami` asks the same decision; a refusal is counted where it is recorded."""
    assert reason == service.refusal(Asker(user=user, channel=channel))
    assert b"voicestatus_refusals_total{" not in service._telemetry.exposition()


async def test_who_is_an_admin_is_said_by_the_rules(service: LookupService) -> None:
    """The list of ADMIN_USERS decides."""
    assert service.is_admin(Asker(user="U9", channel="C2"))
    assert not service.is_admin(Asker(user="U1", channel="C1"))


async def test_more_look_ups_of_one_user_than_fit_are_refused_at_once(
    gateway: GatewayClient,
) -> None:
    """Others are not affected, nor are lists, nor what is known already."""
    service = service_of(gateway, most_of_one=2)
    (known,) = await service.look_up([MessageId("SANDBOX-OK")], asker="U1")
    slow = [MessageId(f"SANDBOX-SLOW-0.{n}") for n in (3, 4)]
    first = asyncio.create_task(service.look_up(slow, asker="U1"))
    await asyncio.sleep(0)

    ids = [MessageId("SANDBOX-BUSY"), known.message_id]
    (refused, again) = await service.look_up(ids, asker="U1")
    (other,) = await service.look_up([MessageId("SANDBOX-486")], asker="U2")
    (listed,) = await service.look_up(ids[:1], asker="U1", urgency=Urgency.BACKGROUND)
    assert not first.done()
    await first
    (later,) = await service.look_up(ids[:1], asker="U1")

    assert LookupFailure(error="own_look_ups", detail="2") == refused.finding
    answered = [one.finding for one in (again, other, listed, later)]
    assert [True] * 4 == [isinstance(one, CallStatus) for one in answered]
