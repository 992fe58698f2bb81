"""Untrustworthy TLS servers: each kind is identified, and none receives a request."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from bot.gateway.http.handshake import read_handshake
from bot.gateway.protocol.errors import TlsCertificate, TlsError, TlsFailed, TlsVersion
from tests.gateway.gateway_loopback import OK, always, client_of, serving, status_of
from tests.gateway.http.test_tls_proxy import CERTIFICATE


def openssl(*arguments: str | Path) -> None:
    """Run the openssl command."""
    command = shutil.which("openssl")
    if command is None:
        pytest.fail("these tests make certificates with the openssl command, which is not here")
    subprocess.run([command, *map(str, arguments)], check=True, capture_output=True)


def certified(
    folder: Path,
    *,
    names: str = "IP:127.0.0.1",
    key: str = "ec:P-256",
    times: tuple[str, str] | None = None,
) -> tuple[ssl.SSLContext, str]:
    """A server's context with a certificate that signs itself, and the certificate's file.

    Args:
        folder: for the files.
        names: the certificate's host names.
        key: kind and size.
        times: start and end, in OpenSSL's format.
    """
    config, private, file = folder / "config", folder / "key.pem", folder / "cert.pem"
    request, index = folder / "request.pem", folder / "index"
    authority = (
        f"[ca]\ndefault_ca = own\n[own]\ndatabase = {index}\nserial = {folder / 'serial'}\n"
        f"new_certs_dir = {folder}\ndefault_md = sha256\npolicy = any\nrand_serial = yes\n"
        "x509_extensions = extensions\n[any]\ncommonName = supplied\n"
    )
    config.write_text(CERTIFICATE.format(names=names) + authority)
    index.write_text("")
    kind, _, size = key.partition(":")
    option = f"ec_paramgen_curve:{size}" if kind == "ec" else f"rsa_keygen_bits:{size}"
    openssl("genpkey", "-algorithm", kind, "-pkeyopt", option, "-out", private)
    openssl("req", "-new", "-key", private, "-config", config, "-out", request)
    begin, end = times or ("20200101000000Z", "20991231000000Z")
    signing = ("-selfsign", "-keyfile", private, "-in", request, "-out", file, "-notext")
    openssl("ca", "-batch", "-config", config, *signing, "-startdate", begin, "-enddate", end)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.set_ciphers("ALL:@SECLEVEL=0")
    server.load_cert_chain(file, private)
    return server, str(file)


async def refusal(server: ssl.SSLContext, ca_file: str | None) -> TlsError:
    """The result of a look-up at this server; it was asked once, and received no request."""
    async with (
        serving(always(OK), tls=server) as running,
        client_of(running.url, ca_file=ca_file) as client,
    ):
        with pytest.raises(TlsError) as caught:
            await status_of(client)
    assert running.requests == []
    return caught.value


async def test_a_certificate_that_has_expired(tmp_path: Path) -> None:
    """The fact names it, for the operator who has to renew it."""
    tls, file = certified(tmp_path, times=("20200101000000Z", "20210101000000Z"))
    error = await refusal(tls, file)
    assert (type(error), error.fact) == (TlsCertificate, "certificate has expired")


async def test_a_certificate_that_is_not_valid_yet(tmp_path: Path) -> None:
    """Mostly this machine's clock is wrong."""
    tls, file = certified(tmp_path, times=("20980101000000Z", "20990101000000Z"))
    error = await refusal(tls, file)
    assert (type(error), error.fact) == (TlsCertificate, "certificate is not yet valid")


async def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    """It is self-signed, and no setting trusts it."""
    tls, _ = certified(tmp_path)
    error = await refusal(tls, None)
    assert (type(error), error.fact.replace("-", " ")) == (
        TlsCertificate,
        "self signed certificate",
    )


@pytest.mark.parametrize("names", ["DNS:elsewhere.invalid", "IP:127.0.0.2"])
async def test_a_certificate_for_somebody_else(tmp_path: Path, names: str) -> None:
    """The address in the settings is another than the one that it is made out to."""
    tls, file = certified(tmp_path, names=names)
    error = await refusal(tls, file)
    assert (type(error), error.fact) == (TlsCertificate, "IP address mismatch")


def shake_hands(listening: socket.socket, tls: ssl.SSLContext) -> None:
    """Try the handshake with one caller; asyncio's servers do not expose their alerts."""
    caller, _ = listening.accept()
    with suppress(OSError), tls.wrap_socket(caller, server_side=True):
        pass
    caller.close()


async def test_a_server_with_an_old_version_only(tmp_path: Path) -> None:
    """TLS 1.0 and 1.1 are broken, and are not spoken (RFC 8996)."""
    tls, _ = certified(tmp_path)
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        tls.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        tls.maximum_version = ssl.TLSVersion.TLSv1
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = asyncio.create_task(asyncio.to_thread(shake_hands, listening, tls))
        async with client_of(f"https://127.0.0.1:{listening.getsockname()[1]}/") as client:
            with pytest.raises(TlsVersion) as caught:
                await status_of(client)
        await server
    assert caught.value.fact == "TLSV1_ALERT_PROTOCOL_VERSION"


async def test_a_server_with_a_weak_key(tmp_path: Path) -> None:
    """A key of 1,024 bits can be broken."""
    tls, file = certified(tmp_path, key="rsa:1024")
    error = await refusal(tls, file)
    assert (type(error), error.fact) == (TlsVersion, "EE certificate key too weak")


@asynccontextmanager
async def speaking_first(words: bytes) -> AsyncIterator[int]:
    """A port that uses another protocol than TLS."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(words)
        writer.close()

    async with await asyncio.start_server(connected, "127.0.0.1", 0) as listening:
        yield listening.sockets[0].getsockname()[1]


@pytest.mark.parametrize("words", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-canary\r\n"])
async def test_a_port_without_tls(words: bytes) -> None:
    """The general error; the port's answer is not quoted."""
    async with speaking_first(words) as port, client_of(f"https://127.0.0.1:{port}/") as client:
        with pytest.raises(TlsFailed) as caught:
            await status_of(client)
    assert type(caught.value) is TlsFailed
    assert caught.value.fact.isupper()
    assert "canary" not in str(caught.value)


def test_a_fact_is_never_the_peers() -> None:
    """It is OpenSSL's; an error that is not from there has the class for its fact."""
    known = ssl.SSLCertVerificationError(1, "canary")
    known.verify_code, known.verify_message = 4_242, "bad form, canary"
    assert (type(found := read_handshake(known, "B")), found.fact) == (TlsCertificate, "bad form")
    bare = ssl.SSLCertVerificationError("canary")
    assert read_handshake(bare, "B").fact == "B"
    assert read_handshake(ssl.SSLError("canary"), "B").fact == "B"


# What company authorities leave out, and Python rejects from 3.13 on.
SLOPPY = {
    "constraints that are not critical": "basicConstraints = CA:TRUE",
    "no key identifiers": "basicConstraints = critical, CA:TRUE\nsubjectKeyIdentifier = none",
    "no key usage": "basicConstraints = critical, CA:TRUE\nsubjectKeyIdentifier = hash",
}


def issued(folder: Path, root: str) -> tuple[ssl.SSLContext, str]:
    """A server's context with a certificate from an authority, and the authority's file."""
    (folder / "root").write_text(
        f"[req]\nprompt=no\ndistinguished_name=n\n[n]\nCN=Root\n[e]\n{root}\n"
    )
    (folder / "leaf").write_text(
        "subjectAltName = IP:127.0.0.1\n"
        "authorityKeyIdentifier = none\nsubjectKeyIdentifier = none\n"
    )
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
    authority, key, file = folder / "root.pem", folder / "root.key", folder / "leaf.pem"
    request = ("-config", folder / "root", "-subj", "/CN=Loopback")
    openssl(
        "req",
        "-x509",
        *new,
        "-config",
        folder / "root",
        "-extensions",
        "e",
        "-keyout",
        key,
        "-out",
        authority,
    )
    openssl("req", *new, *request, "-keyout", folder / "leaf.key", "-out", folder / "leaf.csr")
    signing = ("-CA", authority, "-CAkey", key, "-CAcreateserial", "-extfile", folder / "leaf")
    openssl("x509", "-req", "-in", folder / "leaf.csr", *signing, "-days", "2", "-out", file)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file, folder / "leaf.key")
    return server, str(authority)


@pytest.mark.parametrize("root", SLOPPY.values(), ids=SLOPPY)
async def test_an_authority_that_breaks_a_rule_of_form_is_trusted_by_every_python(
    tmp_path: Path, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As curl trusts it; here every Python is as strict as 3.13 at first."""
    usual = ssl.create_default_context

    def strict() -> ssl.SSLContext:
        context = usual()
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr(ssl, "create_default_context", strict)
    tls, authority = issued(tmp_path, root)
    async with (
        serving(always(OK), tls=tls) as running,
        client_of(running.url, ca_file=authority) as client,
    ):
        assert (await status_of(client)).finding.final


async def test_the_gateways_own_certificate_may_be_named(tmp_path: Path) -> None:
    """Any link of the chain is enough, with every Python."""
    issued(tmp_path, SLOPPY["no key usage"])
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "leaf.pem", tmp_path / "leaf.key")
    async with (
        serving(always(OK), tls=server) as running,
        client_of(running.url, ca_file=str(tmp_path / "leaf.pem")) as client,
    ):
        assert (await status_of(client)).finding.final
