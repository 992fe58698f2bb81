"""The message to users whose watches and lists are over because they may no longer ask."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.jobs.job import Delivery, Destination, Job
from bot.slack.api.post_once import OncePoster
from bot.slack.api.posted import Mark
from bot.slack.blocks.block_kit import Message, note
from bot.slack.cards.notes import Notes


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessNotes:
    """Sends that message directly; no channel reads it.

    Attributes:
        poster: posts messages.
        command: the slash command's name, for the text.
    """

    poster: OncePoster
    command: str

    async def send(self, job: Job) -> bool:
        """Send it to the user of a job; returns `False` if it is certainly to be repeated."""
        place = Destination(team=job.destination.team, channel=job.user)
        mark = Mark(
            event_type="access_ended",
            name="job",
            value=job.id,
            block_id="",
            since=job.started_at,
        )
        report, _ = await self.poster.post(
            lambda style, _: [ended_note(Notes(style, self.command))], mark, place, job.user
        )
        return report.delivery is not Delivery.NOT_SENT


def ended_note(notes: Notes) -> Message:
    """Show that jobs are over, and whom to ask for access."""
    return note(notes.say("refusal.ended_title"), notes.say("refusal.ended"), notes.whom_to_ask())
