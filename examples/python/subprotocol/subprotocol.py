import asyncio
import datetime
import websockets

async def tell(websocket, path):
    now = datetime.datetime.now(datetime.timezone.utc)
    if websocket.subprotocol == "time.unix":
        await websocket.send(str(int(now.timestamp())))
    else:
        await websocket.send(now.isoformat(timespec="seconds"))

def choose(offered, supported):
    for name in offered:
        if name in supported:
            return name
    raise websockets.NegotiationError("none in common")

loop = asyncio.get_event_loop()
loop.run_until_complete(websockets.serve(
    tell, "localhost", 8765,
    subprotocols=["time.rfc3339", "time.unix"], select_subprotocol=choose))
loop.run_forever()
