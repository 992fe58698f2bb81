"""The bots of the scenarios of this folder."""

from __future__ import annotations

from tests.support.bots import bot, stages

__all__ = ["bot", "stages"]
