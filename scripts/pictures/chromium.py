"""Debian's Chromium, for the pictures and the browser tests.

Its arguments disable network access and allow running as root in a container; playwright creates a
new profile each time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

CHROMIUM: Final = Path("/usr/bin/chromium")
MISSING: Final = "Chromium is missing; `make browser` installs Debian's as root."
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# The gallery's sticky top bar would cover the top of a tall card.
UNCOVER: Final = "() => { document.getElementById('topbar').style.position = 'static'; }"
