"""Debian's Chromium, as the pictures are drawn with it and the tests drive it.

What it is told keeps it from the network and lets it run as root in a container; playwright gives
it a new profile each time.
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
# The bar over the gallery stays in view, and so would cover the upper end of a tall card.
UNCOVER: Final = "() => { document.getElementById('topbar').style.position = 'static'; }"
