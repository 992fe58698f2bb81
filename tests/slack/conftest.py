"""The bots for the tests in this folder."""

from __future__ import annotations

from tests.support.bots import bot, stages

__all__ = ["bot", "stages"]
