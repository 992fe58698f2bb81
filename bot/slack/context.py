"""What every listener has at hand; made once, by the composition root."""

from __future__ import annotations

from dataclasses import dataclass

from bot.services.deliveries import EventDeduplicator
from bot.services.languages import Languages
from bot.services.records import Records
from bot.slack.api.web_client import SlackClient
from bot.slack.bulk.from_file import BulkFromFile
from bot.slack.bulk.handler import BulkHandler
from bot.slack.inbound.people import People
from bot.slack.inbound.running_listeners import RunningListeners
from bot.slack.lookups.handler import QueryHandler
from bot.slack.replies.requests import RequestFactory
from bot.slack.watches.handler import WatchHandler


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerContext:
    """The services that listeners call.

    Attributes:
        command: the slash command's name, for texts on surfaces where Slack does not tell it.
        work: every listener enlists in it, so that the end of the process waits for them.
    """

    queries: QueryHandler
    watches: WatchHandler
    bulks: BulkHandler
    files: BulkFromFile
    requests: RequestFactory
    people: People
    languages: Languages
    records: Records
    deliveries: EventDeduplicator
    slack: SlackClient
    work: RunningListeners
    command: str
