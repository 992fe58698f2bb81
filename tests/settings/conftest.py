"""The environment that settings are read from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.settings_environment import Environment


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, empty_folder: Path) -> Environment:
    """An environment without any setting."""
    return Environment(monkeypatch, empty_folder)
