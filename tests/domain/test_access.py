"""Who may look calls up."""

from __future__ import annotations

import pytest

from bot.domain.access import AccessRules, Asker, Circle, Refusal, is_admin, refusal

EVERYONE = AccessRules()
USERS = AccessRules(users=frozenset({"U1"}), admins=frozenset({"UA"}))
CHANNELS = AccessRules(channels=frozenset({"C1"}), admins=frozenset({"UA"}))
BOTH = AccessRules(channels=frozenset({"C1"}), users=frozenset({"U1"}), admins=frozenset({"UA"}))
GUESTS = AccessRules(external_users=True, users=frozenset({"U1", "UX"}), admins=frozenset({"UX"}))


def asker(user: str, channel: str = "C1", *, external: bool = False) -> Asker:
    """A user who asks."""
    return Asker(user=user, channel=channel, external=external)


@pytest.mark.parametrize(
    ("who", "rules", "reason"),
    [
        pytest.param(asker("U9", "C9"), EVERYONE, None, id="no lists: everyone, everywhere"),
        pytest.param(asker("U1", "C9"), USERS, None, id="on the list of users"),
        pytest.param(asker("U9"), USERS, Refusal.USER, id="not on the list of users"),
        pytest.param(asker("U9", "C1"), CHANNELS, None, id="in a listed channel"),
        pytest.param(asker("U1", "C9"), CHANNELS, Refusal.CHANNEL, id="in another channel"),
        pytest.param(asker("U1", "C1"), BOTH, None, id="both lists fulfilled"),
        pytest.param(asker("U1", "C9"), BOTH, Refusal.CHANNEL, id="the user alone is not enough"),
        pytest.param(asker("U9", "C1"), BOTH, Refusal.USER, id="the channel alone is not enough"),
        pytest.param(asker("U9", "C9"), BOTH, Refusal.USER, id="the user is named first"),
        pytest.param(asker("UA", "C9"), BOTH, None, id="an admin, anywhere"),
        pytest.param(
            asker("U1", external=True), EVERYONE, Refusal.EXTERNAL, id="another organisation"
        ),
        pytest.param(
            asker("UA", external=True), BOTH, Refusal.EXTERNAL, id="an admin's id from outside"
        ),
        pytest.param(asker("U1", external=True), GUESTS, None, id="guests allowed and listed"),
        pytest.param(
            asker("U9", external=True), GUESTS, Refusal.USER, id="guests allowed, not listed"
        ),
    ],
)
def test_who_may_look_calls_up(who: Asker, rules: AccessRules, reason: Refusal | None) -> None:
    """The first broken rule is the reason; without one the user may ask."""
    assert reason is refusal(who, rules)


USER, CHANNEL, EXTERNAL = Refusal.USER, Refusal.CHANNEL, Refusal.EXTERNAL


@pytest.mark.parametrize(
    ("who", "rules", "expected"),
    [
        pytest.param(asker("U9", "C9"), BOTH, (None, None, USER, USER), id="a colleague"),
        pytest.param(asker("U1", "C9"), BOTH, (None, None, None, CHANNEL), id="elsewhere"),
        pytest.param(asker("U1"), BOTH, (None, None, None, None), id="who may look up"),
        pytest.param(
            asker("U1", external=True), BOTH, (None, EXTERNAL, EXTERNAL, EXTERNAL), id="an outsider"
        ),
        pytest.param(
            asker("U9", external=True), GUESTS, (None, None, USER, USER), id="guests allowed"
        ),
        pytest.param(
            asker("UX", external=True), GUESTS, (None, None, None, None), id="a listed guest"
        ),
    ],
)
def test_whom_a_part_of_the_bot_is_for(
    who: Asker, rules: AccessRules, expected: tuple[Refusal | None, ...]
) -> None:
    """Anybody, colleagues, members, users: each circle is within the one before."""
    assert expected == tuple(refusal(who, rules, circle) for circle in Circle)


@pytest.mark.parametrize(
    ("who", "rules", "admin"),
    [
        pytest.param(asker("UA"), BOTH, True, id="listed"),
        pytest.param(asker("U1"), BOTH, False, id="not listed"),
        pytest.param(asker("U1"), EVERYONE, False, id="an empty list is nobody"),
        pytest.param(asker("UX", external=True), GUESTS, False, id="never from outside"),
    ],
)
def test_who_has_the_rights_of_the_operator(who: Asker, rules: AccessRules, admin: bool) -> None:
    """Only people of the organisation itself, and only the listed ones."""
    assert admin is is_admin(who, rules)
