"""The places that settings are read from; the closed world of conftest.py has emptied them."""

from __future__ import annotations

from pathlib import Path

import pytest


class Environment:
    """The variables, the working directory and the secrets of one test."""

    def __init__(self, patch: pytest.MonkeyPatch, directory: Path) -> None:
        self._patch = patch
        self.directory = directory
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
