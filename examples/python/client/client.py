import asyncio
import websockets

async def ask(uri, question):
    async with websockets.connect(uri) as websocket:
        await websocket.send(question)
        return await websocket.recv()

answer = asyncio.get_event_loop().run_until_complete(
    asyncio.wait_for(ask("ws://localhost:8765", "is anybody there?"), 10))
print(answer)
