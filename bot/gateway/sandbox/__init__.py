"""The sandbox gateway: a fake of the SOAP service with scripted answers.

For the demo, the tests and anybody's integration work.  `SCRIPTED` lists every id and
`running_sandbox` serves them.  It may not import the client's modules; it keeps no secret.
"""

from bot.gateway.sandbox.answers import SCRIPTED, Answer, answer
from bot.gateway.sandbox.envelope import MARK, OPERATION
from bot.gateway.sandbox.exchange import Exchange
from bot.gateway.sandbox.fault_names import FaultName
from bot.gateway.sandbox.server import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    PATH,
    REQUESTS,
    SeenRequest,
    build_sandbox,
    running_sandbox,
)

__all__ = [
    "DEFAULT_HOST",
    "DEFAULT_PORT",
    "MARK",
    "OPERATION",
    "PATH",
    "REQUESTS",
    "SCRIPTED",
    "Answer",
    "Exchange",
    "FaultName",
    "SeenRequest",
    "answer",
    "build_sandbox",
    "running_sandbox",
]
