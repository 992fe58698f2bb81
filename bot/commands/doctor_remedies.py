"""The operator's remedy for each unexpected answer of the gateway.

And the feature that is off without each optional scope. The language files address agents; these
sentences address the bot's operator, in English. No input or output, and nothing from the wire but
facts that the error tree has checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from bot.gateway.protocol.errors import GatewayError
from bot.settings.hints import HINTS

# By code of the error tree. {host} is the gateway's, {fact} the error's own ("HTTP 404").
ERRORS: Final[Mapping[str, str]] = {
    "name_not_resolved": "Check the host in GATEWAY_URL and the name service of this machine: "
    "{host} was not found.",
    "connection_refused": "Check host and port in GATEWAY_URL, and the firewall: {host} accepts no "
    "connection there.",
    "connect_timeout": "Check host and port in GATEWAY_URL, the network and the firewall: {host} "
    "did not answer an attempt to connect.",
    "connection_lost": "Try again. If {host} breaks off again, check for a firewall or proxy on "
    "the way, and then ask Suporte Mobi Pronto.",
    "timeout": "Check the network and the firewall, or raise GATEWAY_TIMEOUT_SECONDS: {host} did "
    "not answer in time.",
    "tls_certificate": "Check the host in GATEWAY_URL, the clock of this machine, and "
    "GATEWAY_CA_FILE where the authority is a private one: the certificate of {host} is not "
    "trusted here ({fact}). If it is the certificate's own fault, ask Suporte Mobi Pronto for a "
    "new one.",
    "tls_version": "Ask Suporte Mobi Pronto to enable TLS 1.2 or newer with strong keys: {host} "
    "and this machine have no secure version in common ({fact}).",
    "tls": "Check scheme and port in GATEWAY_URL: {host} does not use TLS there ({fact}).",
    "proxy": "Check GATEWAY_PROXY, with its user name and password: the proxy did not pass the "
    "request on to {host}.",
    "transport": "Check GATEWAY_URL, GATEWAY_PROXY and the network: the request to {host} failed.",
    "http_unavailable": "Wait some minutes and try again: {host} answered {fact}. If this "
    "persists, ask Suporte Mobi Pronto.",
    "redirected": "Check GATEWAY_URL: {host} answered {fact}, a redirection, which is not followed "
    "because the keys would go along. If the service has moved, set its new address.",
    "http_status": "Check GATEWAY_URL: {host} answered {fact}.",
    "not_soap": "Check GATEWAY_URL, its path above all: {host} answered, but not in SOAP.",
    "unsafe_xml": "Check GATEWAY_URL and any proxy between this machine and {host}: the "
    "answer contains XML that a gateway never needs, as an attack would.",
    "too_large": "Check GATEWAY_URL: the answer of {host} is longer than any status can be.",
    "empty_result": "Check GATEWAY_URL, and try the other GATEWAY_SOAP_VERSION: {host} answered "
    "without a result. If this persists, ask Suporte Mobi Pronto.",
    "fault_request": "Check the path in GATEWAY_URL, and try the other GATEWAY_SOAP_VERSION: "
    "{host} rejects the form of the request.",
    "fault_server": "Wait some minutes and try again: {host} failed to process the request. If "
    "this persists, ask Suporte Mobi Pronto.",
    "busy": "Raise GATEWAY_REQUESTS_PER_SECOND or GATEWAY_TIMEOUT_SECONDS: they leave no room for "
    "a single request.",
    "paused": "Wait until the pause after the gateway's code 900 is over, and try again. If it "
    "comes back, lower GATEWAY_REQUESTS_PER_SECOND, or ask what else uses the same keys.",
    "gateway_down": "Wait until {host} answers again; the running bot tries it by itself, and "
    "`health` in Slack says when it is back.",
}

# By gateway code, or by the range that the language files name ("8xx").
CODES: Final[Mapping[str, str]] = {
    "001": f"Check GATEWAY_CREDENTIAL: {HINTS['GATEWAY_CREDENTIAL']}.",
    "019": f"Check GATEWAY_TOKEN: {HINTS['GATEWAY_TOKEN']}.",
    "022": "Check that GATEWAY_CREDENTIAL and GATEWAY_TOKEN are of one account, and ask Suporte "
    "Mobi Pronto whether it is open.",
    "024": "Check GATEWAY_URL: the service there takes an id that does not exist for a call.",
    "8xx": "Wait some minutes and try again: the gateway itself failed. If this persists, "
    "give Suporte Mobi Pronto the code and the time.",
    "900": "Check GATEWAY_CREDENTIAL and GATEWAY_TOKEN. If they are right, lower "
    "GATEWAY_REQUESTS_PER_SECOND, wait, and ask Suporte Mobi Pronto for the limit of your account.",
    "9xx": "Wait some minutes and try again: the gateway does not reach the carriers. If this "
    "persists, give Equipe MobilePronto the code and the time.",
    "undocumented": "Ask Suporte Mobi Pronto what this code means; their document does not have "
    "it.",
}
# By optional scope: the feature that users lack without it.
_IN_DOUBT: Final = "WATCH_IN_DOUBT decides whether a notice is repeated after a crash"
WITHOUT_SCOPE: Final[Mapping[str, str]] = {
    "channels:history": _IN_DOUBT,
    "files:read": "lists in files are not read, users paste the ids",
    "files:write": "the whole result of a bulk arrives as pages, not as a file",
    "groups:history": _IN_DOUBT,
    "im:write": _IN_DOUBT,
    "mpim:history": _IN_DOUBT,
    "users:read": "users' languages in Slack are unknown, BOT_LANGUAGE applies until they choose "
    "one; colleagues cannot be recognised by their profile",
}
NO_CODE: Final = "Check GATEWAY_URL: {host} gave the status of a call to an id that does not exist."


def remedy_for_error(error: GatewayError, host: str) -> str:
    """The remedy if the gateway did not answer."""
    fact = error.fact or "something unexpected"
    return ERRORS.get(error.code, ERRORS["transport"]).format(host=host, fact=fact)


def remedy_for_code(entry_code: str | None, host: str) -> str:
    """The remedy for an unexpected gateway code.

    Args:
        entry_code: the code, or its range, as the language files name it; `None` for a status.
        host: the gateway's.
    """
    return NO_CODE.format(host=host) if entry_code is None else CODES[entry_code]


def off_without(scopes: Iterable[str]) -> str:
    """The feature that is off without these optional scopes, named once if several share it."""
    groups: dict[str, list[str]] = {}
    for scope in sorted(scopes):
        groups.setdefault(WITHOUT_SCOPE[scope], []).append(scope)
    return "; ".join(f"{', '.join(names)} ({what})" for what, names in groups.items())
