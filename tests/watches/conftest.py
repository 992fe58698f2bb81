"""The databases that several processes can open, as the tests of the storage have them."""

from __future__ import annotations

from tests.storage.conftest import postgres, postgres_url, shared_url

__all__ = ["postgres", "postgres_url", "shared_url"]
