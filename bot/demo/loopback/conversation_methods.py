"""conversations.open and conversations.info."""

from __future__ import annotations

from bot.demo.loopback.methods import Answer, Arguments, Method, arguments, needed, truth
from bot.demo.loopback.refusals import RefusedError
from bot.demo.loopback.workspace import BOT_USER_ID, TEAM_ID, Channel, Workspace


class ConversationMethods:
    """What the bot may learn of conversations."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def table(self) -> dict[str, Method]:
        """The methods by their names."""
        return {
            "conversations.open": Method(
                answer=self.open,
                arguments=arguments("users", "channel", "return_im", "prevent_creation"),
                scope="im:write",
            ),
            "conversations.info": Method(
                answer=self.info,
                arguments=arguments("channel", "include_locale", "include_num_members"),
            ),
        }

    def open(self, given: Arguments) -> Answer:
        """Open the direct conversation with one person."""
        existing = given.get("channel")
        if existing:
            if existing not in self._workspace.channels:
                raise RefusedError("channel_not_found")
            return {"channel": {"id": existing}}
        user = needed(given, "users")
        if user not in self._workspace.people:
            raise RefusedError("user_not_found")
        already = f"D{user[1:]}" in self._workspace.channels
        channel: Answer = {"id": self._workspace.direct(user).id}
        if truth(given, "return_im"):
            channel |= {"is_im": True, "user": user, "is_open": True}
        return {"channel": channel, "no_op": already, "already_open": already}

    def info(self, given: Arguments) -> Answer:
        """Describe a conversation; which scope that needs depends on its kind."""
        place = self._workspace.channels.get(needed(given, "channel"))
        self._check_scope(place)
        if place is None or (place.is_private and BOT_USER_ID not in place.members):
            raise RefusedError("channel_not_found")
        if place.is_direct:
            return {"channel": _direct(place)}
        channel = _described(place)
        if truth(given, "include_num_members"):
            channel["num_members"] = len(place.members)
        return {"channel": channel}

    def _check_scope(self, place: Channel | None) -> None:
        if place is None or not place.is_private:
            needed_scope = "channels:read"
        else:
            needed_scope = "im:read" if place.is_direct else "groups:read"
        if needed_scope not in self._workspace.scopes:
            provided = ",".join(sorted(self._workspace.scopes))
            details = {"needed": needed_scope, "provided": provided}
            raise RefusedError("missing_scope", details=details)


def _direct(place: Channel) -> Answer:
    others = sorted(place.members - {BOT_USER_ID})
    return {"id": place.id, "is_im": True, "is_org_shared": False, "user": others[0]}


def _described(place: Channel) -> Answer:
    return {
        "id": place.id,
        "name": place.name,
        "is_channel": not place.is_private,
        "is_group": place.is_private,
        "is_im": False,
        "is_mpim": False,
        "is_private": place.is_private,
        "is_archived": False,
        "is_member": BOT_USER_ID in place.members,
        "is_shared": place.is_ext_shared,
        "is_ext_shared": place.is_ext_shared,
        "is_org_shared": False,
        "context_team_id": TEAM_ID,
    }
