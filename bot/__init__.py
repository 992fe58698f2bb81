"""voicestatus: a Slack bot that tells a support agent what happened to a phone call.

The floors of the house, from the top; imports point down only, neighbours do not know each other:

    cli                    the commands of the terminal
    doctor | demo          named checks; the whole product without a Slack or a gateway account
    bootstrap | terminal   the composition root; a card drawn in a terminal
    assembly, connections   its parts: services and listeners; the ways to gateway and Slack
    slack | server         everything that knows Slack; the HTTP endpoints
    services               the use cases
    gateway | storage | telemetry | locales
                           the SOAP client and the sandbox; the database; logs and metrics; the
                           language files
    domain                 pure values and decisions: standard library, no await, no clock

`settings` is read by the top floors only; everything below gets plain arguments.
"""

__version__ = "0.1.0"
