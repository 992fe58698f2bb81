"""The bots of the scenarios of this folder, and a server for their database."""

from __future__ import annotations

from tests.storage.conftest import postgres, postgres_url
from tests.support.bots import bot, stages

__all__ = ["bot", "postgres", "postgres_url", "stages"]
