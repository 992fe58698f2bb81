"""The sources of settings, which conftest.py's closed world has emptied."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.settings.loading import Need, SettingsError, load_settings
from bot.settings.settings import Settings


class Environment:
    """A test's variables, working directory and secrets."""

    def __init__(self, patch: pytest.MonkeyPatch, directory: Path) -> None:
        self._patch = patch
        self._secrets = directory / "secrets"
        self.directory = directory

    def set(self, **values: str) -> None:
        """Set variables."""
        for name, value in values.items():
            self._patch.setenv(name, value)

    @contextmanager
    def having(self, **values: str) -> Iterator[None]:
        """Set variables while the block runs."""
        with self._patch.context() as patch:
            for name, value in values.items():
                patch.setenv(name, value)
            yield

    def put_secrets(self, **values: str | bytes) -> None:
        """Write files where a container orchestrator mounts secrets."""
        self._secrets.mkdir()
        for name, value in values.items():
            (self._secrets / name).write_bytes(value.encode() if isinstance(value, str) else value)

    def load(self, *needs: Need) -> Settings:
        """Load the settings from this environment."""
        return load_settings(needs, secrets_directory=str(self._secrets))

    def refused(self, *needs: Need, **values: str) -> SettingsError:
        """The error that these values cause."""
        with self.having(**values), pytest.raises(SettingsError) as caught:
            self.load(*needs)
        return caught.value

    def problems(self, *needs: Need, **values: str) -> dict[str, str]:
        """The problems of these values, by name."""
        return {line.split()[0]: line for line in self.refused(*needs, **values).problems}
