"""TLS: whom the client trusts, and what a failed handshake means.

A failed one means a bad certificate, an old version, or no TLS at all. The facts are OpenSSL's own
words and names, which contain no text from the peer.
"""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path
from typing import Final

from bot.gateway.protocol.errors import TlsCertificate, TlsError, TlsFailed, TlsVersion

# X509_V_ERR_EE_KEY_TOO_SMALL, _CA_KEY_TOO_SMALL and _CA_MD_TOO_WEAK, from openssl/x509_vfy.h.
_WEAK_CERTIFICATE: Final = frozenset({66, 67, 68})
# Like an old version of TLS, a certificate whose key or signature is too weak counts as outdated.
_OUTDATED: Final = frozenset(
    {
        "DH_KEY_TOO_SMALL",
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


@cache
def tls_context(ca_file: str | Path | None) -> ssl.SSLContext:
    """The client's side of TLS, with the certificates of this file beside the system's.

    Equally strict with every Python. From 3.13 on, Python rejects certificates that break a rule of
    form (RFC 5280), as those of many company authorities do, which curl and browsers accept.

    Raises:
        OSError: the file cannot be read or contains none.
    """
    context = ssl.create_default_context()
    # Some builds of Python leave it to the system, which may still accept older versions (RFC
    # 8996).
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    # The operator may name any certificate of the chain, not only the one at its root.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    return context


def trust_for(*addresses: str, ca_file: str | Path | None = None) -> ssl.SSLContext:
    """The context for connections to these addresses; see `tls_context`.

    Without TLS nobody is trusted: the system's certificates take a twentieth of a start.
    """
    if any(address.lower().startswith("https:") for address in addresses):
        return tls_context(ca_file)
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def read_handshake(error: ssl.SSLError, innermost: str) -> TlsError:
    """The error of our tree for an error of the handshake.

    Args:
        error: as Python's `ssl` raised it.
        innermost: the fact if OpenSSL says nothing: the class of the innermost error.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        is_weak = getattr(error, "verify_code", 0) in _WEAK_CERTIFICATE
        kind = TlsVersion if is_weak else TlsCertificate
        # An error raised outside OpenSSL has no words; the rest of a mismatch is the host's name.
        words: str = getattr(error, "verify_message", "")
        return kind(words.partition(",")[0] or innermost)
    fact = getattr(error, "reason", None) or innermost
    return TlsVersion(fact) if fact in _OUTDATED else TlsFailed(fact)
