"""The whole result of a bulk as a file in the thread of its report."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from typing import Final

import structlog

from bot.domain.id_lists.id_list import IgnoredLine
from bot.domain.id_lists.result_sheet import ResultSheet, local_moment
from bot.domain.jobs.bulk import Bulk, BulkItem
from bot.domain.jobs.watch import Destination
from bot.domain.privacy import shorten
from bot.domain.texts.catalog import Catalog
from bot.services.jobs.outcomes import Delivery
from bot.slack.blocks.style import AudienceStyles, CardStyle
from bot.slack.files.upload import ResultFile, ResultFiles
from bot.storage.errors import StorageError

_NAME_LIMIT: Final = 60
# What no file system and no address takes amiss.
_ODD: Final = re.compile(r"[^\w.-]+")
# Slack's ids of people: what would be written to them directly has no conversation yet.
_PEOPLE: Final = ("U", "W")

_log = structlog.get_logger(__name__)


class BulkFiles:
    """Gives results as sheets, in the language of those who read them.

    Args:
        files: shares a file.
        results: all calls of a bulk in their order.
        ignored: the lines of its list that held no id.
        readers: who reads what in which language.
    """

    def __init__(
        self,
        *,
        files: ResultFiles,
        results: Callable[[str], AsyncIterator[BulkItem]],
        ignored: Callable[[str], AsyncIterator[IgnoredLine]],
        readers: AudienceStyles,
    ) -> None:
        self._files = files
        self._results = results
        self._ignored = ignored
        self._readers = readers

    async def name(self, bulk: Bulk, home: Destination) -> str:
        """What the sheet is called there."""
        return _name(bulk, (await self._style(bulk, home)).catalog)

    async def share(self, bulk: Bulk, home: Destination) -> Delivery:
        """Share the sheet beside the report."""
        if home.channel.startswith(_PEOPLE):
            return Delivery.UNDELIVERABLE
        style = await self._style(bulk, home)
        catalog = style.catalog
        sheet = ResultSheet(catalog, local_moment(style.zone, catalog.language))
        file = ResultFile(
            name=_name(bulk, catalog),
            title=catalog.say("bulk.file.title", count=bulk.total),
            channel=home.channel,
            thread=home.thread,
        )
        try:
            return await self._files.share(file, self._lines(bulk, sheet))
        except StorageError as error:
            _log.warning("results cannot be read", error=error.code)
            return Delivery.NOT_SENT

    async def _style(self, bulk: Bulk, home: Destination) -> CardStyle:
        return await self._readers.at(home.channel, team=home.team, person=bulk.user)

    async def _lines(self, bulk: Bulk, sheet: ResultSheet) -> AsyncIterator[bytes]:
        yield sheet.head()
        async for item in self._results(bulk.id):
            yield sheet.line(item)
        left_out = [line async for line in self._ignored(bulk.id)]
        for line in sheet.tail(left_out):
            yield line


def _name(bulk: Bulk, catalog: Catalog) -> str:
    return f"{catalog.say('bulk.file.name')}-{_stem(bulk)}.csv"


def _stem(bulk: Bulk) -> str:
    """The name of the file that the list came from, or of the bulk."""
    stem = _ODD.sub("-", bulk.name.rpartition(".")[0] or bulk.name).strip("-.")
    return shorten(stem, _NAME_LIMIT) or bulk.id
