"""voicestatus: a Slack bot that shows a support agent what happened to a phone call.

The layers and who may import whom are in pyproject.toml, under `[tool.importlinter]`.
"""

__version__ = "0.2.0"
