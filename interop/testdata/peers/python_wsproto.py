"""Peer: wsproto, which does no I/O itself: asyncio streams carry its bytes."""

import asyncio
import ssl
from urllib.parse import urlsplit

import wsproto
from wsproto import ConnectionType, WSConnection, events
from wsproto.extensions import PerMessageDeflate

import peer


class Peer:
    server = reader = writer = proto = None

    async def listen(self, subprotocols=(), user=None, headers=None, cert=None, key=None):
        if self.server:
            self.server.close()
        tls = None
        if cert:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(cert, key)
        self.subprotocols, self.user, self.headers = subprotocols, user, headers or {}

        async def handle(reader, writer):
            await self.receive(WSConnection(ConnectionType.SERVER), reader, writer)

        self.server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
        peer.emit("listening", port=self.server.sockets[0].getsockname()[1])

    async def connect(self, url, subprotocols=(), origin=None, headers=None, ca=None):
        uri = urlsplit(url)
        tls = ssl.create_default_context(cafile=ca) if ca else None
        reader, writer = await asyncio.open_connection(uri.hostname, uri.port, ssl=tls)
        headers = dict(headers or {}, **({"Origin": origin} if origin else {}))
        proto = WSConnection(ConnectionType.CLIENT)
        self.proto, self.writer = proto, writer
        self.send(
            events.Request(
                host=uri.netloc, target=uri.path or "/", subprotocols=list(subprotocols),
                extensions=[PerMessageDeflate()],
                extra_headers=[(k.encode(), v.encode()) for k, v in headers.items()],
            )  # fmt: skip
        )
        asyncio.create_task(self.receive(proto, reader, writer))

    async def receive(self, proto, reader, writer):
        self.proto, self.writer, self.parts, self.last = proto, writer, [], (1006, "")
        while proto.state is not wsproto.connection.ConnectionState.CLOSED:
            try:
                data = await reader.read(65536)
            except ConnectionError:
                data = b""
            proto.receive_data(data or None)
            for event in proto.events():
                self.handle(event)
            if not data:
                break
        writer.close()

    def handle(self, event):
        if isinstance(event, events.Request):
            self.request(event)
        elif isinstance(event, events.AcceptConnection):
            peer.emit("open", subprotocol=event.subprotocol, headers=decode(event.extra_headers))
        elif isinstance(event, events.RejectConnection):
            peer.emit("rejected", status=event.status_code)
        elif isinstance(event, events.Message):
            self.parts.append(event.data)
            if event.message_finished:
                peer.message(event.data[:0].join(self.parts))
                self.parts = []
        elif isinstance(event, events.Ping):
            self.send(event.response())
            peer.emit("ping", text=event.payload.decode())
        elif isinstance(event, events.Pong):
            peer.emit("pong", text=event.payload.decode())
        elif isinstance(event, events.CloseConnection):
            if self.proto.state is wsproto.connection.ConnectionState.REMOTE_CLOSING:
                self.send(event.response())
            peer.emit("closed", code=event.code, reason=event.reason or "")

    def request(self, event):
        request_headers = {k.title(): v for k, v in decode(event.extra_headers).items()}
        if self.user and not peer.authorized(request_headers, self.user):
            return self.send(events.RejectConnection(status_code=401))
        chosen = next((s for s in event.subprotocols if s in self.subprotocols), None)
        extra = [(k.encode(), v.encode()) for k, v in self.headers.items()]
        self.send(
            events.AcceptConnection(subprotocol=chosen, extensions=[PerMessageDeflate()], extra_headers=extra)
        )
        peer.emit("open", path=event.target, subprotocol=chosen, headers=peer.headers(request_headers.items()))

    def send(self, event):
        self.writer.write(self.proto.send(event))

    async def text(self, text=""):
        self.send(events.TextMessage(data=text))

    async def binary(self, data):
        self.send(events.BytesMessage(data=data))

    async def fragments(self, parts):
        for i, part in enumerate(parts):
            self.send(events.TextMessage(data=part, message_finished=i == len(parts) - 1))

    async def ping(self, text):
        self.send(events.Ping(payload=text.encode()))

    async def close(self, code, reason=""):
        self.send(events.CloseConnection(code=code, reason=reason))

    async def abort(self):
        self.writer.transport.abort()


def decode(items):
    return {k.decode().lower(): v.decode() for k, v in items}


peer.run(Peer(), "wsproto " + wsproto.__version__)
