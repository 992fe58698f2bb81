"""What the listeners and the jobs show in Slack, and the Bolt app.

Part of the composition root: `bootstrap` opens the connections and serves what is made here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from aiohttp import ClientSession
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.composition.configured import Now
from bot.domain.timing import Timing
from bot.gateway.client import GatewayClient
from bot.services.bulk.service import BulkService
from bot.services.claiming import EVERY, AdminAlerter, Claiming, EventDeduplicator
from bot.services.farewell import Farewell
from bot.services.file_reading import FileReading
from bot.services.housekeeping import EVENTS_KEPT
from bot.services.jobs.pace import Pace
from bot.services.languages import Languages
from bot.services.lookup import LookupService
from bot.services.records import Records
from bot.services.watches.service import WatchService
from bot.settings.settings import Settings
from bot.slack.api.post_once import OncePoster
from bot.slack.api.web_client import SlackClient
from bot.slack.api.workspace import Workspace
from bot.slack.blocks.audience import AudienceStyles
from bot.slack.bulk.from_file import BulkFromFile
from bot.slack.bulk.handler import BulkHandler
from bot.slack.bulk.notes import READ_SCOPE
from bot.slack.bulk.notifier import SlackBulkNotifier
from bot.slack.context import ListenerContext
from bot.slack.files.download import AttachedFiles
from bot.slack.files.upload import ResultFiles
from bot.slack.inbound.app import RunningListeners, build_app
from bot.slack.inbound.app_connections import AppConnections
from bot.slack.inbound.people import People
from bot.slack.listeners.buttons import ButtonListener
from bot.slack.listeners.home import HomeListener
from bot.slack.listeners.questions import QuestionListener
from bot.slack.lookups.handler import QueryHandler
from bot.slack.replies.access_notes import AccessNotes
from bot.slack.replies.admin_alerts import AdminAlerts
from bot.slack.watches.handler import WatchHandler
from bot.storage.claims import AlertClaims, Claims, ClickClaims
from bot.storage.stores import Stores
from bot.telemetry import Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """The connections to the gateway, the database and Slack, and what all parts share of them.

    Attributes:
        languages: the catalogs, and who reads which.
        readers: the style of cards for each reader.
        pace: the pace of the bot's posts in each conversation.
        records: the audit, the recent look-ups and the metrics.
        app_connections: Slack's count of the app's connections, in Socket Mode.
    """

    settings: Settings
    gateway: GatewayClient
    stores: Stores
    client: AsyncWebClient
    session: ClientSession
    slack: SlackClient
    workspace: Workspace
    people: People
    languages: Languages
    readers: AudienceStyles
    pace: Pace
    records: Records
    telemetry: Telemetry
    app_connections: AppConnections
    now: Now
    timing: Timing


def build_context(
    outside: Connections,
    files: AttachedFiles,
    *,
    lookups: LookupService,
    alarm: AdminAlerter,
    work: RunningListeners,
    watching: WatchService,
    bulks: BulkService,
) -> ListenerContext:
    """Make every service that the listeners call, each once."""
    watches = WatchHandler(watching=watching, records=outside.records)
    lists = _lists(outside, bulks, watches, lookups)
    queries = QueryHandler(
        lookups=lookups,
        languages=outside.languages,
        styles=outside.readers,
        records=outside.records,
        alarm=alarm,
        watches=watches,
        bulks=lists,
        connections=outside.app_connections,
        timing=outside.timing,
    )
    return ListenerContext(
        queries=queries,
        watches=watches,
        bulks=lists,
        files=BulkFromFile(
            files=files,
            bulks=lists,
            max_ids=outside.settings.bulk_max_ids,
            timing=outside.timing,
        ),
        people=outside.people,
        styles=outside.readers,
        languages=outside.languages,
        records=outside.records,
        deliveries=_deliveries(outside),
        slack=outside.slack,
        work=work,
        reads_files=READ_SCOPE in outside.workspace.scopes,
        command=outside.settings.bot_command,
    )


def _lists(
    outside: Connections, bulks: BulkService, watches: WatchHandler, lookups: LookupService
) -> BulkHandler:
    return BulkHandler(
        bulks=bulks,
        start_watches=watches.start,
        records=outside.records,
        requests_per_second=outside.settings.gateway_requests_per_second,
        max_ids=outside.settings.bulk_max_ids,
        is_final=lookups.is_final,
    )


def _deliveries(outside: Connections) -> EventDeduplicator:
    clicks = _claiming(outside, ClickClaims, every=EVENTS_KEPT)
    return EventDeduplicator(seen=outside.stores.seen, clicks=clicks, now=outside.now)


def attached_files(outside: Connections) -> AttachedFiles:
    """What reads the files of messages."""
    return AttachedFiles(
        client=outside.client,
        session=outside.session,
        reading=FileReading(timing=outside.timing),
        timing=outside.timing,
    )


def assemble_app(outside: Connections, context: ListenerContext) -> AsyncApp:
    """The Bolt app with every listener."""
    listeners = (QuestionListener, ButtonListener, HomeListener)
    return build_app(
        client=outside.client,
        workspace=outside.workspace,
        listeners=[listener(context) for listener in listeners],
        apologise=context.apologise,
    )


def bulk_notifier(
    outside: Connections, poster: OncePoster, files: AttachedFiles
) -> SlackBulkNotifier:
    """What shows lists and their results in Slack."""
    bulks = outside.stores.bulks
    return SlackBulkNotifier(
        poster=poster,
        files=ResultFiles(
            client=outside.client,
            session=outside.session,
            pace=outside.pace,
            timing=outside.timing,
        ),
        attached=files,
        results=bulks.items,
        ignored=bulks.ignored,
        now=outside.now,
    )


def once_poster(outside: Connections) -> OncePoster:
    """What posts the messages of jobs."""
    return OncePoster(
        client=outside.client, readers=outside.readers, pace=outside.pace, timing=outside.timing
    )


def farewell(outside: Connections, poster: OncePoster) -> Farewell:
    """What informs users who may no longer ask."""
    notes = AccessNotes(poster=poster, command=outside.settings.bot_command)
    return Farewell(deliveries=_deliveries(outside), tell=notes.send)


def build_alarm(outside: Connections) -> AdminAlerter:
    """What alerts the admins, for look-ups of people and of jobs alike."""
    settings = outside.settings
    alerts = AdminAlerts(
        admins=settings.admin_users,
        team=outside.workspace.team_id,
        styles=outside.readers,
        slack=outside.slack,
        command=settings.bot_command,
    )
    return AdminAlerter(
        notices=_claiming(outside, AlertClaims, every=EVERY),
        tell=alerts.send,
        has_admins=bool(settings.admin_users),
    )


def _claiming(outside: Connections, kind: type[Claims], *, every: timedelta) -> Claiming:
    lasts = timedelta(seconds=outside.timing.claim)
    claims = kind(outside.stores.database, every=every, lasts=lasts, timing=outside.timing)
    return Claiming(claims, now=outside.now, timing=outside.timing)
