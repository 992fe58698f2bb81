"""The places that settings are read from, emptied for one test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.settings import FORMS


class Environment:
    """No variable of ours but those that a test sets, and an empty working directory."""

    def __init__(self, patch: pytest.MonkeyPatch, directory: Path) -> None:
        self._patch = patch
        self.directory = directory
        for name in [*os.environ]:
            if name.upper() in FORMS or name.startswith(("SLACK_", "GATEWAY_", "BOT_")):
                patch.delenv(name)
        patch.chdir(directory)
        patch.setattr("bot.settings.SECRETS_DIRECTORY", str(directory / "secrets"))

    def set(self, **values: str) -> None:
        """Set variables."""
        for name, value in values.items():
            self._patch.setenv(name, value)

    def put_secrets(self, **values: str) -> None:
        """Put files where an orchestrator of containers puts them."""
        folder = self.directory / "secrets"
        folder.mkdir()
        for name, value in values.items():
            (folder / name).write_text(value)
