"""The databases that several processes can open, as the tests of the storage have them."""

from __future__ import annotations

from storage.conftest import postgres, postgres_url, shared_url, sqlite_url

__all__ = ["postgres", "postgres_url", "shared_url", "sqlite_url"]
