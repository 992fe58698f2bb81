"""What every listener has at hand; made once, by the composition root."""

from __future__ import annotations

from dataclasses import dataclass

from bot.services.deliveries import Deliveries
from bot.services.languages import Languages
from bot.services.records import Records
from bot.slack.api.web_client import SlackDoor
from bot.slack.bulk.from_file import FileReception
from bot.slack.bulk.handler import BulkReception
from bot.slack.inbound.people import People
from bot.slack.inbound.running_listeners import OngoingWork
from bot.slack.lookups.handler import Reception
from bot.slack.replies.requests import Questions
from bot.slack.watches.handler import WatchReception


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The services that listeners call.

    Attributes:
        command: the slash command's name, for texts on surfaces where Slack does not tell it.
        work: every listener enlists in it, so that the end of the process waits for them.
    """

    reception: Reception
    watches: WatchReception
    bulks: BulkReception
    files: FileReception
    questions: Questions
    people: People
    languages: Languages
    records: Records
    deliveries: Deliveries
    slack: SlackDoor
    work: OngoingWork
    command: str
