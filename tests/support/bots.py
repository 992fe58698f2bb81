"""Fixtures with running bots; a folder with scenario tests imports them in its conftest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from bot.settings.settings import Mode
from tests.support.scene import Scene, Stages


@pytest.fixture(scope="module")
async def stages() -> AsyncIterator[Stages]:
    """The bots that the tests of a module share."""
    async with AsyncExitStack() as stack:
        yield Stages(stack)


@pytest.fixture
async def bot(mode: Mode, stages: Stages) -> AsyncIterator[Scene]:
    """A bot with default settings and no data."""
    async with stages.scene(mode) as scene:
        yield scene


__all__ = ["bot", "stages"]
