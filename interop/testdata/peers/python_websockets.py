"""Peer: websockets."""

import http
import ssl

import websockets
from websockets.extensions import permessage_deflate

import peer


class Peer:
    server = ws = None

    async def listen(self, subprotocols=None, user=None, headers=None, max_size=2**20, cert=None, key=None, deflate=None):
        if self.server:
            self.server.close()
        tls = None
        if cert:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(cert, key)

        async def authorize(path, request_headers):
            if user and not peer.authorized(request_headers, user):
                return http.HTTPStatus.UNAUTHORIZED, {"WWW-Authenticate": "Basic"}, b""

        async def handle(ws):
            self.opened(ws, ws.request_headers, ws.path)
            await self.receive(ws)

        self.server = await websockets.serve(
            handle, "127.0.0.1", 0, subprotocols=subprotocols, ssl=tls, process_request=authorize,
            extra_headers=headers, max_size=max_size, ping_interval=None,
            extensions=[permessage_deflate.ServerPerMessageDeflateFactory(**deflate)] if deflate else None,
        )  # fmt: skip
        peer.emit("listening", port=self.server.sockets[0].getsockname()[1])

    async def connect(self, url, subprotocols=None, origin=None, headers=None, max_size=2**20, ca=None, deflate=None):
        tls = {"ssl": ssl.create_default_context(cafile=ca)} if ca else {}
        try:
            ws = await websockets.connect(
                url, subprotocols=subprotocols, origin=origin, extra_headers=headers,
                max_size=max_size, ping_interval=None, **tls,
                extensions=[permessage_deflate.ClientPerMessageDeflateFactory(**deflate)] if deflate else None,
            )  # fmt: skip
        except websockets.InvalidStatusCode as exc:
            return peer.emit("rejected", status=exc.status_code)
        self.opened(ws, ws.response_headers, None)
        peer.asyncio.create_task(self.receive(ws))

    def opened(self, ws, headers, path):
        self.ws = ws
        peer.emit("open", path=path, subprotocol=ws.subprotocol, headers=peer.headers(headers.raw_items()))

    async def receive(self, ws):
        try:
            async for data in ws:
                peer.message(data)
        except websockets.ConnectionClosed:
            pass
        await ws.wait_closed()
        peer.emit("closed", code=ws.close_code, reason=ws.close_reason)

    async def text(self, text=""):
        await self.ws.send(text)

    async def binary(self, data):
        await self.ws.send(data)

    async def fragments(self, parts):
        await self.ws.send(parts)

    async def ping(self, text):
        pong = await self.ws.ping(text)
        await pong
        peer.emit("pong", text=text)

    async def close(self, code, reason=""):
        await self.ws.close(code, reason)

    async def abort(self):
        self.ws.transport.abort()


peer.run(Peer(), "websockets " + websockets.version.version)
