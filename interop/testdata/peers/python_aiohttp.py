"""Peer: aiohttp."""

import asyncio
import ssl

import aiohttp
from aiohttp import WSMsgType, web

import peer


class Peer:
    runner = session = ws = None

    async def listen(self, subprotocols=(), user=None, headers=None, max_size=2**20, cert=None, key=None):
        if self.runner:
            await self.runner.cleanup()
        tls = None
        if cert:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(cert, key)

        async def handle(request):
            if user and not peer.authorized(request.headers, user):
                return web.Response(status=401)
            ws = web.WebSocketResponse(protocols=subprotocols, autoping=False, max_msg_size=max_size)
            ws.headers.update(headers or {})
            await ws.prepare(request)
            self.opened(ws, request.transport, ws.ws_protocol, request.headers, request.path)
            await self.done.wait()
            return ws

        app = web.Application()
        app.router.add_get("/{path:.*}", handle)
        self.runner = web.AppRunner(app)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0, ssl_context=tls, shutdown_timeout=1)
        await site.start()
        peer.emit("listening", port=self.runner.addresses[0][1])

    async def connect(self, url, subprotocols=(), origin=None, headers=None, max_size=2**20, ca=None):
        if self.session:
            await self.session.close()
        self.session = aiohttp.ClientSession()
        tls = ssl.create_default_context(cafile=ca) if ca else None
        try:
            ws = await self.session.ws_connect(
                url, protocols=subprotocols, origin=origin, headers=headers, max_msg_size=max_size,
                ssl=tls, autoping=False, compress=15,
            )  # fmt: skip
        except aiohttp.WSServerHandshakeError as exc:
            return peer.emit("rejected", status=exc.status)
        response = ws._response
        self.opened(ws, response.connection.transport, ws.protocol, response.headers, None)

    def opened(self, ws, transport, subprotocol, headers, path):
        self.ws, self.transport, self.done = ws, transport, asyncio.Event()
        peer.emit("open", path=path, subprotocol=subprotocol, headers=peer.headers(headers.items()))
        self.receiver = asyncio.create_task(self.receive(ws))

    async def receive(self, ws):
        code, reason = None, ""
        while not ws.closed:
            msg = await ws.receive()
            if msg.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                peer.message(msg.data)
            elif msg.type == WSMsgType.PING:
                await ws.pong(msg.data)  # autoping would hide pongs, too
                peer.emit("ping", text=msg.data.decode())
            elif msg.type == WSMsgType.PONG:
                peer.emit("pong", text=msg.data.decode())
            elif msg.type == WSMsgType.CLOSE:
                code, reason = msg.data, msg.extra
        self.closed(code or ws.close_code, reason)

    def closed(self, code, reason):
        peer.emit("closed", code=code or 1006, reason=reason)
        self.done.set()

    async def text(self, text=""):
        await self.ws.send_str(text)

    async def binary(self, data):
        await self.ws.send_bytes(data)

    async def ping(self, text):
        await self.ws.ping(text.encode())

    async def close(self, code, reason=""):
        self.receiver.cancel()  # else it takes the answer away from close
        await asyncio.wait([self.receiver])
        await self.ws.close(code=code, message=reason.encode())
        self.closed(self.ws.close_code, "")

    async def abort(self):
        self.transport.abort()


peer.run(Peer(), "aiohttp " + aiohttp.__version__)
