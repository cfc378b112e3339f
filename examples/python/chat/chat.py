import asyncio
import websockets

members = set()

async def chat(websocket, path):
    members.add(websocket)
    try:
        async for message in websocket:
            await asyncio.gather(
                *[member.send(message) for member in members],
                return_exceptions=True)
    finally:
        members.remove(websocket)

loop = asyncio.get_event_loop()
loop.run_until_complete(websockets.serve(chat, "localhost", 8765))
loop.run_forever()
