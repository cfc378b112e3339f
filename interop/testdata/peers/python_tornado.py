"""Peer: tornado."""

import ssl

import tornado
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.httpserver import HTTPServer
from tornado.web import Application
from tornado.websocket import WebSocketHandler, websocket_connect

import peer


class Handler(WebSocketHandler):
    def initialize(self, owner, subprotocols, user, headers):
        self.owner, self.subprotocols, self.user, self.extra = owner, subprotocols, user, headers

    def prepare(self):
        if self.user and not peer.authorized(self.request.headers, self.user):
            self.set_status(401)
            self.finish()
        for name, value in (self.extra or {}).items():
            self.set_header(name, value)

    def select_subprotocol(self, offered):
        return next((s for s in offered if s in self.subprotocols), None)

    def get_compression_options(self):
        return {}

    def check_origin(self, origin):
        return True

    def open(self, path):
        self.owner.ws, self.owner.protocol = self, self.ws_connection
        peer.emit(
            "open", path="/" + path, subprotocol=self.selected_subprotocol,
            headers=peer.headers(self.request.headers.get_all()),
        )  # fmt: skip

    def on_message(self, data):
        peer.message(data)

    def on_ping(self, data):
        peer.emit("ping", text=data.decode())

    def on_pong(self, data):
        peer.emit("pong", text=data.decode())

    def on_close(self):
        peer.emit("closed", code=self.close_code or 1006, reason=self.close_reason or "")


class Peer:
    server = ws = None

    async def listen(self, subprotocols=(), user=None, headers=None, max_size=2**20, cert=None, key=None):
        if self.server:
            self.server.stop()
        options = dict(owner=self, subprotocols=subprotocols, user=user, headers=headers)
        app = Application([("/(.*)", Handler, options)], websocket_max_message_size=max_size)
        tls = None
        if cert:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(cert, key)
        self.server = HTTPServer(app, ssl_options=tls)
        sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
        self.server.add_sockets(sockets)
        peer.emit("listening", port=sockets[0].getsockname()[1])

    async def connect(self, url, subprotocols=None, origin=None, headers=None, max_size=2**20, ca=None):
        headers = dict(headers or {}, **({"Origin": origin} if origin else {}))
        try:
            ws = await websocket_connect(
                HTTPRequest(url, headers=headers, ca_certs=ca), subprotocols=subprotocols,
                max_message_size=max_size, compression_options={},
            )  # fmt: skip
        except HTTPClientError as exc:
            return peer.emit("rejected", status=exc.code)
        self.ws, self.protocol = ws, ws.protocol
        ws.on_ping = lambda data: peer.emit("ping", text=data.decode())
        ws.on_pong = lambda data: peer.emit("pong", text=data.decode())
        peer.emit("open", subprotocol=ws.selected_subprotocol, headers=peer.headers(ws.headers.get_all()))
        peer.asyncio.create_task(self.receive(ws))

    async def receive(self, ws):
        while (data := await ws.read_message()) is not None:
            peer.message(data)
        peer.emit("closed", code=ws.close_code or 1006, reason=ws.close_reason or "")

    async def text(self, text=""):
        await self.ws.write_message(text)

    async def binary(self, data):
        await self.ws.write_message(data, binary=True)

    async def ping(self, text):
        self.ws.ping(text.encode())

    async def close(self, code, reason=""):
        self.ws.close(code, reason)

    async def abort(self):
        self.protocol.stream.close()


peer.run(Peer(), "tornado " + tornado.version)
