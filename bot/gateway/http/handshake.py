"""What a failed TLS handshake means: a bad certificate, an old version, or no TLS at all. No I/O.

The facts are OpenSSL's own names, which are the same in every language and contain no text from the
peer.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
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
}
# A certificate whose key or signature is too weak counts as outdated, like an old version of TLS.
_WEAK: Final[Mapping[int, str]] = {
    66: "EE_KEY_TOO_SMALL",
    67: "CA_KEY_TOO_SMALL",
    68: "CA_MD_TOO_WEAK",
}
_VERSION: Final = frozenset(
    {
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


def read_handshake(error: ssl.SSLError, cause: str = "") -> TlsError:
    """The error of our tree for an error of the handshake.

    Args:
        error: as Python's `ssl` raised it.
        cause: class names of the errors around it, for an engineer.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        # An error raised outside OpenSSL has no code.
        code: int = getattr(error, "verify_code", 0)
        if code in _WEAK:
            return TlsVersion(cause, _WEAK[code])
        return TlsCertificate(cause, _CERTIFICATE.get(code, f"verify code {code}" if code else ""))
    reason: str = getattr(error, "reason", None) or ""
    return TlsVersion(cause, reason) if reason in _VERSION else TlsFailed(cause, reason)
