"""The sandbox gateway: a fake of the SOAP service with scripted answers.

For the demo, the tests and integration work.  `SCRIPTED` lists every id and `running_sandbox`
serves them.  It may not import the client's modules; it stores no secret.
"""

from bot.gateway.sandbox.answers import SCRIPTED, answer
from bot.gateway.sandbox.envelope import MARK, OPERATION
from bot.gateway.sandbox.exchange import Exchange
from bot.gateway.sandbox.fault_names import FaultName
from bot.gateway.sandbox.server import (
    PATH,
    REQUESTS,
    SeenRequest,
    build_sandbox,
    running_sandbox,
)

__all__ = [
    "MARK",
    "OPERATION",
    "PATH",
    "REQUESTS",
    "SCRIPTED",
    "Exchange",
    "FaultName",
    "SeenRequest",
    "answer",
    "build_sandbox",
    "running_sandbox",
]
