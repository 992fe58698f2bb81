"""Which organisation a user belongs to, by the ids in the payload."""

from __future__ import annotations

from typing import Any

import pytest

from bot.fake_slack.state.workspace import ENTERPRISE_ID, STRANGER_TEAM_ID, TEAM_ID, USER_ID
from bot.slack.inbound.payload_checks import Organisation, organisation_of, overridden_by
from tests.slack.requests_of_slack import Request, event, mention

OURS, OTHER, UNKNOWN = Organisation.OURS, Organisation.OTHER, Organisation.UNKNOWN
OWN = {TEAM_ID, ENTERPRISE_ID}
FOREIGN = STRANGER_TEAM_ID
PARTNER = {"id": "E0PARTNER01"}


def judged(**body: Any) -> Organisation:
    """The result for such a payload."""
    return organisation_of(body, OWN)


def said(**words: object) -> Request:
    """A message in an unshared channel, with these ids of its author."""
    return event({"type": "message", "user": USER_ID, **words})


@pytest.mark.parametrize("name", ["user_team", "source_team", "team", "user_profile"])
def test_any_foreign_word_of_an_event_decides(name: str) -> None:
    """For any of the fields, and any ids in the others."""
    ours = {"user_team": TEAM_ID, "source_team": ENTERPRISE_ID, "team": TEAM_ID}
    own: dict[str, Any] = {**ours, "user_profile": {"team": TEAM_ID}}
    foreign = {"team": FOREIGN} if name == "user_profile" else FOREIGN

    assert [OURS, OTHER] == [
        organisation_of(said(**words), OWN) for words in (own, own | {name: foreign})
    ]


@pytest.mark.parametrize("name", ["team_id", "enterprise_id"])
def test_any_foreign_word_of_an_interaction_decides(name: str) -> None:
    """The field may have an organisation's id, or both ids."""
    own = {"team_id": ENTERPRISE_ID, "enterprise_id": ENTERPRISE_ID}

    assert [OURS, OTHER] == [judged(user=user) for user in (own, own | {name: FOREIGN})]


def test_the_place_and_its_organisation_do_not_speak_for_the_person() -> None:
    """A partner's user may ask in a workspace of ours."""
    place = {"team": {"id": TEAM_ID}, "enterprise": {"id": ENTERPRISE_ID}}
    envelope = {"team_id": TEAM_ID, "enterprise_id": ENTERPRISE_ID}

    assert OTHER is judged(user={"team_id": FOREIGN}, **place, **envelope)
    assert OTHER is judged(event={"team": FOREIGN}, **envelope)
    # Nor does a partner's workspace make a colleague external.
    assert OURS is judged(user={"team_id": TEAM_ID}, team={"id": FOREIGN}, enterprise=PARTNER)
    assert OURS is judged(event={"team": TEAM_ID}, team_id=FOREIGN, enterprise_id="E0PARTNER01")


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({}, OURS),
        ({"team": {"id": TEAM_ID}, "enterprise": PARTNER}, OURS),
        ({"team": {"id": FOREIGN}, "team_id": TEAM_ID}, OTHER),
        ({"team": None, "view": {"team_id": FOREIGN}}, OTHER),
        ({"team": None, "view": {"team_id": TEAM_ID}, "enterprise": PARTNER}, OURS),
        ({"team": None, "enterprise": {"id": ENTERPRISE_ID}}, OURS),
        ({"team": None, "enterprise": PARTNER}, OTHER),
        ({"team_id": TEAM_ID}, OURS),
        ({"team_id": FOREIGN, "enterprise_id": ENTERPRISE_ID}, OTHER),
        ({"enterprise_id": "E0PARTNER01"}, OTHER),
    ],
    ids=str,
)
def test_where_nothing_describes_the_person_the_place_decides(
    place: Request, expected: Organisation
) -> None:
    """Its workspace before its organisation; without either, Slack routed it here."""
    assert expected is judged(user={"id": USER_ID}, **place)


@pytest.mark.parametrize("mark", [True, "true", 1, "yes", [False]], ids=repr)
def test_in_a_shared_channel_the_place_does_not_speak_for_a_person(mark: object) -> None:
    """Without an id of the user: unknown, unless even the place is foreign."""
    unsaid = mention(USER_ID, None) | {"is_ext_shared_channel": mark}

    assert UNKNOWN is organisation_of(unsaid, OWN)
    assert OTHER is organisation_of(unsaid | {"team_id": FOREIGN}, OWN)
    assert OURS is organisation_of(mention(USER_ID, TEAM_ID) | {"is_ext_shared_channel": mark}, OWN)


@pytest.mark.parametrize("mark", [None, False, "", "false"], ids=repr)
def test_elsewhere_the_place_does(mark: object) -> None:
    """Slack's documented mention does not name the user's workspace."""
    assert OURS is organisation_of(mention(USER_ID, None) | {"is_ext_shared_channel": mark}, OWN)


@pytest.mark.parametrize(
    "word",
    [
        *(TEAM_ID.lower(), f" {TEAM_ID}", f"{TEAM_ID}\n", f"{TEAM_ID},{TEAM_ID}", "None", " "),
        *(0, 1, False, True, [], [TEAM_ID], {}, {"id": TEAM_ID}, {TEAM_ID: TEAM_ID}),
    ],
    ids=repr,
)
def test_a_word_of_another_form_is_nobodys(word: object) -> None:
    """Case matters; a value that is not a valid id never makes a user ours."""
    assert OTHER is judged(user={"team_id": word}, team={"id": TEAM_ID})
    assert OTHER is organisation_of(said(source_team=word, team=TEAM_ID), OWN)
    assert OTHER is judged(user={}, team={"id": word})


@pytest.mark.parametrize("found", [TEAM_ID, [TEAM_ID], [], True, 1], ids=repr)
def test_what_should_hold_a_word_and_cannot_is_nobodys(found: object) -> None:
    """An id in place of the object that should contain it does not count."""
    assert OTHER is judged(user=found, team={"id": TEAM_ID})
    assert OTHER is organisation_of(said(user_profile=found, team=TEAM_ID), OWN)
    assert OTHER is judged(event=found, team_id=TEAM_ID)


@pytest.mark.parametrize("nothing", [None, ""], ids=repr)
def test_a_word_that_is_empty_is_not_said(nothing: object) -> None:
    """It counts as absent."""
    assert OTHER is judged(user={"team_id": nothing}, team={"id": FOREIGN})
    assert OURS is judged(user={"team_id": nothing}, team={"id": TEAM_ID})
    assert OTHER is judged(user=nothing, team={"id": FOREIGN})


def test_without_an_id_of_its_own_the_bot_knows_nobody() -> None:
    """Then no id can match, not even an empty one."""
    assert OTHER is organisation_of({"user": {"team_id": TEAM_ID}}, ())


MEMBER = {"enterprise_user": {"enterprise_id": ENTERPRISE_ID, "teams": [FOREIGN]}}


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (MEMBER, (OTHER, UNKNOWN)),
        (MEMBER | {"is_stranger": False, "team_id": FOREIGN}, (OTHER, UNKNOWN)),
        ({"enterprise_user": {"teams": [FOREIGN, TEAM_ID]}}, (OTHER, UNKNOWN)),
        ({"team_id": TEAM_ID}, (UNKNOWN,)),
        ({"team_id": TEAM_ID, "is_stranger": None}, (UNKNOWN,)),
        ({"team_id": FOREIGN}, ()),
        ({"enterprise_user": {"enterprise_id": "E0PARTNER01", "teams": [FOREIGN]}}, ()),
        ({}, ()),
        (MEMBER | {"team_id": TEAM_ID, "is_stranger": True}, ()),
        (MEMBER | {"is_stranger": "false"}, ()),
        ({"enterprise_user": TEAM_ID, "team_id": [TEAM_ID]}, ()),
        ({"enterprise_user": {"teams": TEAM_ID}}, ()),
        ({"enterprise_user": {"teams": {TEAM_ID: 1}, "enterprise_id": [ENTERPRISE_ID]}}, ()),
        ({"enterprise_user": {"teams": [[TEAM_ID], None]}}, ()),
    ],
    ids=str,
)
def test_what_slack_says_of_a_person_outweighs(
    profile: Request, expected: tuple[Organisation, ...]
) -> None:
    """Membership overrides both results; the user's own workspace, only `UNKNOWN`."""
    assert set(expected) == overridden_by(profile, OWN)
