"""Private certificate authorities and proxies, with a certificate made here and a small proxy."""

from __future__ import annotations

import asyncio
import base64
import shutil
import socket
import ssl
import subprocess
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.gateway.http.handshake import tls_context, trust_for
from bot.gateway.http.transport import open_transport
from bot.gateway.protocol.errors import ProxyFailed, TlsCertificate
from tests.gateway.gateway_loopback import (
    MOMENT,
    OK,
    Request,
    always,
    client_of,
    free_port,
    one_request,
    read_request,
    serving,
    status_of,
)

CERTIFICATE = """
[req]
distinguished_name = name
x509_extensions = extensions
prompt = no
[name]
CN = Loopback
[extensions]
basicConstraints = critical, CA:TRUE
keyUsage = critical, digitalSignature, keyCertSign
subjectKeyIdentifier = hash
subjectAltName = {names}
"""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A server's TLS context, and the file that a client must trust."""

    tls: ssl.SSLContext
    ca_file: str


def make_identity(folder: Path, names: str) -> Identity:
    """Make a certificate that signs itself."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.fail("these tests make a certificate with the openssl command, which is not here")
    config, key, cert = folder / "config", folder / "key.pem", folder / "cert.pem"
    config.write_text(CERTIFICATE.format(names=names))
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-config", str(config)]
    subprocess.run(
        [*command, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True
    )
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(cert, key)
    return Identity(tls=tls, ca_file=str(cert))


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    """A certificate for loopback's address."""
    return make_identity(tmp_path_factory.mktemp("identity"), "IP:127.0.0.1, DNS:localhost")


# --- TLS -----------------------------------------------------------------------------------------


async def test_a_private_authority_is_trusted_when_it_is_named(identity: Identity) -> None:
    """Many gateways use certificates of a company's own authority."""
    async with (
        serving(always(OK), tls=identity.tls) as server,
        client_of(server.url, ca_file=identity.ca_file) as client,
    ):
        assert (await status_of(client)).checked_at == MOMENT
        assert server.url.startswith("https:")


async def test_an_unknown_authority_is_not_trusted(identity: Identity) -> None:
    """A server that cannot prove its name receives nothing; there is no retry either."""
    async with serving(always(OK), tls=identity.tls) as server, client_of(server.url) as client:
        with pytest.raises(TlsCertificate):
            await status_of(client)
    assert (server.requests, server.connections) == ([], 0)


async def test_a_certificate_for_another_name_is_not_trusted(tmp_path: Path) -> None:
    """The name is checked along with the signature."""
    other = make_identity(tmp_path, "DNS:gateway.example")
    async with (
        serving(always(OK), tls=other.tls) as server,
        client_of(server.url, ca_file=other.ca_file) as client,
    ):
        with pytest.raises(TlsCertificate):
            await status_of(client)
    assert server.requests == []


def test_a_private_authority_is_added_to_the_systems(
    identity: Identity, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The public gateway stays reachable after a private one was named."""
    other = make_identity(tmp_path, "DNS:gateway.example")
    monkeypatch.setenv("SSL_CERT_FILE", other.ca_file)
    # Not from the cache, which knows the system's certificates of before.
    trusting = tls_context.__wrapped__
    assert len(trusting(identity.ca_file).get_ca_certs()) == 2
    assert len(trusting(None).get_ca_certs()) == 1


def test_the_certificates_of_the_system_are_read_once() -> None:
    """Which takes as long as several look-ups; the gateway and Slack share them."""
    assert tls_context(None) is tls_context(None)


def test_without_tls_nobody_is_trusted() -> None:
    """And no certificates are read; one address with TLS is enough for those of the system."""
    assert [] == trust_for("http://gateway.example", "").get_ca_certs()
    assert tls_context(None) is trust_for("http://gateway.example", "https://proxy.example")


@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_a_file_without_certificates_stops_the_start(
    tmp_path: Path, content: str | None
) -> None:
    """A wrong path must not pass for "trust the system's only"."""
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(OSError, match=r"."):
        await open_transport("https://127.0.0.1/", connections=1, ca_file=file).__aenter__()


# --- proxies -------------------------------------------------------------------------------------

KEYS = "user:p%40ss-canary"
PASSPORT = "Basic " + base64.b64encode(b"user:p@ss-canary").decode()


@dataclass(kw_only=True)
class Proxy:
    """A running proxy and the heads of its requests."""

    port: int
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        """Its address, with credentials."""
        return f"http://{KEYS}@127.0.0.1:{self.port}"


async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Carry bytes one way until they end."""
    with suppress(ConnectionError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
    sink.close()


@asynccontextmanager
async def proxying(*, refuse: bool = False) -> AsyncIterator[Proxy]:
    """Run a proxy for tunnels and for plain requests, which wants the right passport."""
    tasks: set[asyncio.Task[None] | None] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        proxy.connections += 1
        with suppress(EOFError, ConnectionError, asyncio.CancelledError):
            request = await read_request(reader)
            proxy.requests.append(request)
            if refuse or request.headers.get("proxy-authorization") != PASSPORT:
                writer.write(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
            elif request.line.startswith("CONNECT"):
                await tunnel(request, reader, writer)
            else:
                writer.write(OK)
                await reader.read()
        writer.close()

    listening = await asyncio.start_server(connected, "127.0.0.1", 0)
    proxy = Proxy(port=listening.sockets[0].getsockname()[1])
    try:
        yield proxy
    finally:
        listening.close()
        running = [task for task in tasks if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def tunnel(
    request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Connect to the address in the request, and relay bytes in both directions."""
    host, port = request.line.split()[1].rsplit(":", 1)
    far_reader, far_writer = await asyncio.open_connection(host, int(port))
    writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
    try:
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
    finally:
        far_writer.close()


async def test_https_goes_through_a_tunnel_that_alone_shows_the_passport(
    identity: Identity,
) -> None:
    """The proxy learns host and port; the gateway never sees the proxy's credentials."""
    async with (
        proxying() as proxy,
        serving(always(OK), tls=identity.tls) as server,
        client_of(server.url, proxy=proxy.url, ca_file=identity.ca_file) as client,
    ):
        assert (await status_of(client)).finding.final
    assert [f"CONNECT 127.0.0.1:{server.port} HTTP/1.1"] == [r.line for r in proxy.requests]
    assert "proxy-authorization" not in server.requests[0].headers


async def test_a_tunnel_is_used_again(identity: Identity) -> None:
    """In steady state a look-up through a proxy opens no new connection either."""
    async with (
        proxying() as proxy,
        serving(always(OK), tls=identity.tls) as server,
        open_transport(
            server.url, connections=2, proxy=proxy.url, ca_file=identity.ca_file
        ) as transport,
    ):
        for _ in range(5):
            await transport.exchange(one_request())
    assert (proxy.connections, server.connections, len(server.requests)) == (1, 1, 5)


async def test_plain_http_is_handed_to_the_proxy_whole() -> None:
    """With its full address and the passport."""
    url = f"http://127.0.0.1:{free_port()}/voice"
    async with proxying() as proxy, client_of(url, proxy=proxy.url) as client:
        assert (await status_of(client)).finding.final
    assert [f"POST {url} HTTP/1.1"] == [request.line for request in proxy.requests]


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_refuses_is_named_and_its_keys_are_not(scheme: str) -> None:
    """A proxy that rejects our credentials passes on neither a tunnel nor a plain request."""
    url = f"{scheme}://127.0.0.1:{free_port()}/voice"
    async with proxying(refuse=True) as proxy, client_of(url, proxy=proxy.url) as client:
        with pytest.raises(ProxyFailed) as caught:
            await status_of(client)
    shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    for secret in ("canary", PASSPORT):
        assert secret not in shown
    assert len(proxy.requests) == 1


@pytest.mark.parametrize("keys", ["", "user:p%40ss-canary@"])
async def test_a_proxy_that_is_not_there_is_the_proxys_fault(keys: str) -> None:
    """A refused connection would point at the gateway, which was never contacted."""
    proxy = f"http://{keys}127.0.0.1:{free_port()}"
    async with client_of("http://127.0.0.1/", proxy=proxy) as client:
        with pytest.raises(ProxyFailed) as caught:
            await status_of(client)
    assert "canary" not in "".join(traceback.format_exception(caught.value))


async def test_a_proxys_name_that_does_not_resolve_is_the_proxys_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The proxy resolves the gateway's name; here the proxy's own name does not resolve."""

    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    async with client_of("http://127.0.0.1/", proxy="http://proxy.invalid:3128") as client:
        with pytest.raises(ProxyFailed):
            await status_of(client)


async def test_a_proxy_without_credentials_is_shown_none() -> None:
    """The address alone is enough for a proxy without credentials."""
    url = f"http://127.0.0.1:{free_port()}/voice"
    async with (
        proxying() as proxy,
        client_of(url, proxy=f"http://127.0.0.1:{proxy.port}") as client,
    ):
        with pytest.raises(ProxyFailed):
            await status_of(client)
    assert "proxy-authorization" not in proxy.requests[0].headers
