import asyncio
import http
import websockets

async def check_health(path, request_headers):
    if path == "/healthz":
        return http.HTTPStatus.OK, {"Content-Type": "text/plain"}, b"fine\n"

async def echo(websocket, path):
    async for message in websocket:
        await websocket.send(message)

loop = asyncio.get_event_loop()
loop.run_until_complete(
    websockets.serve(echo, "localhost", 8765, process_request=check_health))
loop.run_forever()
