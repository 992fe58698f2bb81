"""The message shortcut and the global one, and the modal that asks for ids."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.domain.access import Asker
from bot.domain.input.found_ids import FoundIds, find_ids
from bot.domain.input.query import MAX_IDS, LookUp, TooMany, parse_query
from bot.services.records import Surface
from bot.slack.api.payload import first_word, part
from bot.slack.blocks.style import Audience
from bot.slack.bulk.buttons import open_row
from bot.slack.bulk.handler import text_of
from bot.slack.cards.modals import ASK_CALLBACK, IDS_BLOCK, asking, origin_of, typed_ids
from bot.slack.context import Body, ListenerContext
from bot.slack.inbound.running_listeners import ack_first
from bot.slack.lookups.message_text import texts_of
from bot.slack.manifest import GLOBAL_SHORTCUT, MESSAGE_SHORTCUT
from bot.slack.replies.requests import Ack, Request, open_modal


class ShortcutListener:
    """Finds the ids in a message, or asks for them in a modal."""

    def __init__(self, context: ListenerContext) -> None:
        self._context = context

    def register(self, app: AsyncApp) -> None:
        """Bind both shortcuts and the modal, whose acknowledgement has errors or a view."""
        for shortcut, listener in (
            (MESSAGE_SHORTCUT, self.on_message),
            (GLOBAL_SHORTCUT, self.on_global),
        ):
            app.shortcut(shortcut, middleware=[ack_first])(self._context.listener(listener))
        app.view(ASK_CALLBACK)(self._context.submission(self.on_submit))

    async def on_message(self, asker: Asker, body: Body) -> None:
        """Answer in the message's thread; open a modal for no, too many or uncertain ids."""
        queries, files, message = self._context.queries, self._context.files, part(body, "message")
        found = find_ids(texts_of(message))
        request = await self._context.requests.make(
            asker,
            body,
            Surface.MESSAGE_SHORTCUT,
            Audience.PUBLIC,
            thread_ts=first_word(message.get("thread_ts"), message.get("ts")),
            begins=not message.get("thread_ts"),
        )
        if files.has_list(message, found):
            if not await queries.admitted(request):
                return
            await files.open(request, message, alone=not found.ids)
            if found.ids:
                await queries.answer(request, LookUp(ids=found.ids[:MAX_IDS]))
        elif 0 < len(found.ids) <= MAX_IDS:
            await queries.answer(request, LookUp(ids=found.ids))
        elif await queries.admitted(request):
            await self._ask(request, found)

    async def on_global(self, asker: Asker, body: Body) -> None:
        """Open the modal that asks for ids."""
        await self._ask(await self._context.requests.make(asker, body, Surface.GLOBAL_SHORTCUT))

    async def _ask(self, request: Request, found: FoundIds | None = None) -> None:
        style = request.private_notes.style
        words: tuple[str, ...] = ()
        remark, row = "", None
        if found is not None:
            words = tuple(one.value for one in found.ids) or found.doubtful
            name = "many" if found.ids else "doubtful" if found.doubtful else "none"
            remark = style.catalog.say(f"modal.{name}", count=len(found.ids), limit=MAX_IDS)
            row = open_row(style, found.ids) if name == "many" else None
        view = asking(style.catalog, request.origin, found=words, remark=remark, row=row)
        if await open_modal(self._context.slack, request, view) is None:
            # A `trigger_id` expires after three seconds, so show the user how to ask instead.
            await request.for_asker.show(request.private_notes.usage())

    async def on_submit(self, asker: Asker, body: Body, ack: Ack) -> None:
        """Answer in the thread that the modal was opened from, or else in the modal."""
        requests, view = self._context.requests, part(body, "view")
        origin = origin_of(view)
        notes = await requests.private_notes(asker, body)
        query = parse_query(typed_ids(view))
        problem = notes.modal_problem(query)
        if isinstance(query, TooMany):
            form = self._context.bulks.form(notes.style, origin, text_of(query.ids))
            await ack(response_action="update", view=form)
            return
        if problem or not isinstance(query, LookUp):
            await ack(response_action="errors", errors={IDS_BLOCK: problem})
            return
        if origin.thread_ts:
            await ack()
            request = await requests.make(
                asker,
                body,
                origin.surface,
                Audience.PUBLIC,
                thread_ts=origin.thread_ts,
                begins=origin.begins,
            )
        else:
            request = await requests.make(asker, body, origin.surface, Audience.MODAL, ack=ack)
        await self._context.queries.answer(request, query)
