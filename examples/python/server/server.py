import asyncio
import websockets

async def shout(websocket, path):
    async for message in websocket:
        await websocket.send(message.upper())

loop = asyncio.get_event_loop()
loop.run_until_complete(websockets.serve(shout, "localhost", 8765))
loop.run_forever()
