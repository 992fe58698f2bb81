"""What the listeners and the jobs show in Slack, and the Bolt app.

Part of the composition root: `bootstrap` opens the connections and serves what is made here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from aiohttp import ClientSession
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.composition.connections import Now, access_rules, revealed
from bot.domain.timing import Timing
from bot.gateway.client import GatewayClient
from bot.locales import load_catalog
from bot.services.alarm import EVERY, AdminAlerter
from bot.services.bulk.service import BulkService
from bot.services.claiming import Claiming
from bot.services.deliveries import EventDeduplicator
from bot.services.file_reading import FileReading
from bot.services.housekeeping import EVENTS_KEPT
from bot.services.languages import Languages
from bot.services.lookup import LookupService
from bot.services.records import Records
from bot.services.watches.service import Watching
from bot.settings.settings import Mode, Settings
from bot.slack.api.web_client import SlackClient
from bot.slack.api.workspace import Workspace
from bot.slack.blocks.style import AudienceStyles
from bot.slack.bulk.from_file import BulkFromFile
from bot.slack.bulk.handler import BulkHandler
from bot.slack.bulk.notifier import SlackBulkNotifier
from bot.slack.bulk.result_csv import BulkFiles
from bot.slack.context import ListenerContext
from bot.slack.files.download import AttachedFiles
from bot.slack.files.upload import ResultFiles
from bot.slack.inbound.app import build_app
from bot.slack.inbound.people import People
from bot.slack.inbound.running_listeners import RunningListeners
from bot.slack.listeners.actions import ActionListener
from bot.slack.listeners.bulk import BulkListener
from bot.slack.listeners.commands import CommandListener
from bot.slack.listeners.events import EventListener
from bot.slack.listeners.home import HomeListener
from bot.slack.listeners.shortcuts import ShortcutListener
from bot.slack.listeners.watches import WatchListener
from bot.slack.lookups.commands import CommandHandler
from bot.slack.lookups.handler import QueryHandler
from bot.slack.replies.admin_alerts import AdminAlerts
from bot.slack.replies.reply import Replies
from bot.slack.replies.requests import RequestFactory
from bot.slack.watches.handler import WatchHandler
from bot.slack.watches.notifier import SlackNotifier
from bot.storage.claims import AlertClaims, Claims, ClickClaims
from bot.storage.stores import Stores
from bot.telemetry import Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """The connections to the gateway, the database and Slack, and what all parts share of them.

    Attributes:
        languages: the catalogs, and who reads which.
        readers: the style of cards for each reader.
        replies: the ways an answer can take to Slack.
    """

    gateway: GatewayClient
    stores: Stores
    client: AsyncWebClient
    session: ClientSession
    slack: SlackClient
    workspace: Workspace
    people: People
    languages: Languages
    readers: AudienceStyles
    replies: Replies
    telemetry: Telemetry
    now: Now
    timing: Timing


def build_context(
    settings: Settings,
    outside: Connections,
    *,
    lookups: LookupService,
    alarm: AdminAlerter,
    work: RunningListeners,
    watching: Watching,
    bulks: BulkService,
) -> ListenerContext:
    """Make every service that the listeners call, each once."""
    records = Records(
        audit=outside.stores.audit,
        recents=outside.stores.recents,
        telemetry=outside.telemetry,
        now=outside.now,
    )
    watches = WatchHandler(watching=watching, records=records)
    lists = _lists(settings, outside, bulks, watching, records=records, lookups=lookups)
    queries = QueryHandler(
        lookups=lookups,
        commands=CommandHandler(lookups=lookups, languages=outside.languages),
        styles=outside.readers,
        records=records,
        alarm=alarm,
        watches=watches,
        bulks=lists,
        timing=outside.timing,
    )
    return ListenerContext(
        queries=queries,
        watches=watches,
        bulks=lists,
        files=_files(settings, outside, lists),
        requests=RequestFactory(
            styles=outside.readers, replies=outside.replies, command=settings.bot_command
        ),
        people=outside.people,
        languages=outside.languages,
        records=records,
        deliveries=_deliveries(outside),
        slack=outside.slack,
        work=work,
    )


def _lists(
    settings: Settings,
    outside: Connections,
    bulks: BulkService,
    watching: Watching,
    *,
    records: Records,
    lookups: LookupService,
) -> BulkHandler:
    return BulkHandler(
        bulks=bulks,
        watching=watching,
        records=records,
        slack=outside.slack,
        requests_per_second=settings.gateway_requests_per_second,
        max_ids=settings.bulk_max_ids,
        is_final=lookups.is_final,
    )


def _files(settings: Settings, outside: Connections, lists: BulkHandler) -> BulkFromFile:
    files = AttachedFiles(
        client=outside.client,
        session=outside.session,
        reading=FileReading(timing=outside.timing),
        timing=outside.timing,
    )
    return BulkFromFile(
        files=files,
        bulks=lists,
        slack=outside.slack,
        max_ids=settings.bulk_max_ids,
        timing=outside.timing,
    )


def assemble_app(settings: Settings, outside: Connections, context: ListenerContext) -> AsyncApp:
    """The Bolt app with every listener."""
    listeners = (
        CommandListener(context),
        EventListener(context),
        ActionListener(context),
        ShortcutListener(context),
        WatchListener(context),
        BulkListener(context),
        HomeListener(context),
    )
    return build_app(
        client=outside.client,
        workspace=outside.workspace,
        signing_secret=signing_secret(settings),
        listeners=listeners,
        apologise=context.apologise,
    )


def signing_secret(settings: Settings) -> str:
    """The secret that Slack's requests are signed with; empty in Socket Mode, which has none."""
    return revealed(settings.slack_signing_secret) if settings.mode is Mode.HTTP else ""


def watch_notifier(outside: Connections) -> SlackNotifier:
    """What shows watches in Slack."""
    return SlackNotifier(client=outside.client, readers=outside.readers, timing=outside.timing)


def bulk_notifier(outside: Connections) -> SlackBulkNotifier:
    """What shows lists and their results in Slack."""
    bulks = outside.stores.bulks
    files = BulkFiles(
        files=ResultFiles(client=outside.client, session=outside.session, timing=outside.timing),
        results=bulks.items,
        ignored=bulks.ignored,
        readers=outside.readers,
    )
    return SlackBulkNotifier(
        client=outside.client,
        readers=outside.readers,
        results=bulks.items,
        share_file=files.share,
        file_name=files.name,
        now=outside.now,
        timing=outside.timing,
    )


def build_languages(settings: Settings, stores: Stores, people: People) -> Languages:
    """The catalogs, and who reads which."""
    return Languages(
        default=settings.bot_language,
        load=load_catalog,
        preferences=stores.preferences,
        locale_of=people.locale,
    )


def build_lookups(settings: Settings, outside: Connections) -> LookupService:
    """The one service that asks the gateway, for people, watches and bulks."""
    return LookupService(
        gateway=outside.gateway,
        rules=access_rules(settings),
        telemetry=outside.telemetry,
        now=outside.now,
    )


def build_alarm(settings: Settings, outside: Connections) -> AdminAlerter:
    """What alerts the admins, for look-ups of people and of jobs alike."""
    alerts = AdminAlerts(
        admins=settings.admin_users,
        team=outside.workspace.team_id,
        languages=outside.languages,
        replies=outside.replies,
        command=settings.bot_command,
        timing=outside.timing,
    )
    return AdminAlerter(
        notices=_claiming(outside, AlertClaims, every=EVERY),
        tell=alerts.tell,
        has_admins=bool(settings.admin_users),
    )


def _deliveries(outside: Connections) -> EventDeduplicator:
    return EventDeduplicator(
        seen=outside.stores.seen,
        clicks=_claiming(outside, ClickClaims, every=EVENTS_KEPT),
        now=outside.now,
    )


def _claiming(outside: Connections, kind: type[Claims], *, every: timedelta) -> Claiming:
    lasts = timedelta(seconds=outside.timing.claim)
    claims = kind(outside.stores.database, every=every, lasts=lasts)
    return Claiming(claims, now=outside.now, timing=outside.timing)
