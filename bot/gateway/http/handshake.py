"""TLS: whom the client trusts, and what a failed handshake means.

A failed one means a bad certificate, an old version, or no TLS at all. The facts are OpenSSL's own
names, which are the same in every language and contain no text from the peer.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bot.gateway.protocol.errors import TlsCertificate, TlsError, TlsFailed, TlsVersion

# X509_V_ERR_*, from openssl/x509_vfy.h; the module `ssl` has the numbers but not the names.
_CERTIFICATE: Final[Mapping[int, str]] = {
    9: "CERT_NOT_YET_VALID",
    10: "CERT_HAS_EXPIRED",
    18: "DEPTH_ZERO_SELF_SIGNED_CERT",
    19: "SELF_SIGNED_CERT_IN_CHAIN",
    20: "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    21: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    23: "CERT_REVOKED",
    26: "INVALID_PURPOSE",
    62: "HOSTNAME_MISMATCH",
    64: "IP_ADDRESS_MISMATCH",
    66: "EE_KEY_TOO_SMALL",
    67: "CA_KEY_TOO_SMALL",
    68: "CA_MD_TOO_WEAK",
}
# A certificate whose key or signature is too weak counts as outdated, like an old version of TLS.
_OUTDATED: Final = frozenset(
    {
        "CA_KEY_TOO_SMALL",
        "CA_MD_TOO_WEAK",
        "DH_KEY_TOO_SMALL",
        "EE_KEY_TOO_SMALL",
        "INSUFFICIENT_SECURITY",
        "LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED",
        "NO_PROTOCOLS_AVAILABLE",
        "NO_SUITABLE_SIGNATURE_ALGORITHM",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "TLSV1_ALERT_INSUFFICIENT_SECURITY",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
        "UNSUPPORTED_PROTOCOL",
        "VERSION_TOO_LOW",
        "WRONG_SIGNATURE_TYPE",
        "WRONG_SSL_VERSION",
    }
)


def tls_context(ca_file: str | Path | None) -> ssl.SSLContext:
    """The client's side of TLS, with the certificates of this file beside the system's.

    Raises:
        OSError: the file cannot be read or contains none.
    """
    context = ssl.create_default_context()
    # Some builds of Python leave it to the system, which may still accept older versions (RFC
    # 8996).
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    return context


def read_handshake(error: ssl.SSLError, innermost: str) -> TlsError:
    """The error of our tree for an error of the handshake.

    Args:
        error: as Python's `ssl` raised it.
        innermost: the fact if OpenSSL names none: the class of the innermost error.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        # An error raised outside OpenSSL has no code.
        code: int = getattr(error, "verify_code", 0)
        fact = _CERTIFICATE.get(code, f"verify code {code}") if code else innermost
        kind: type[TlsError] = TlsCertificate
    else:
        fact, kind = getattr(error, "reason", None) or innermost, TlsFailed
    return TlsVersion(fact) if fact in _OUTDATED else kind(fact)
