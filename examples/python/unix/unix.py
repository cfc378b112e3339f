import asyncio
import signal
import websockets

async def greet(websocket, path):
    await websocket.send("you asked for " + path)

async def serve(stop, path):
    async with websockets.unix_serve(greet, path):
        await stop

loop = asyncio.get_event_loop()
stop = loop.create_future()
for name in (signal.SIGINT, signal.SIGTERM):
    loop.add_signal_handler(name, stop.set_result, None)
loop.run_until_complete(serve(stop, "/tmp/greet.sock"))
