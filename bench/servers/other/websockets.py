"""The candidate python-websockets: websockets on asyncio, as documented."""

import asyncio
import gc
import json
import os
import sys

# This file has the name of the package.
sys.path.pop(0)
import websockets

HEARING = set()


async def serve(ws, path):
    try:
        if path == "/hear":
            HEARING.add(ws)
            await ws.wait_closed()
        elif path == "/say":
            async for message in ws:
                websockets.broadcast(HEARING, message)
        else:
            async for message in ws:
                await ws.send(message)
    except websockets.ConnectionClosed:
        pass
    finally:
        HEARING.discard(ws)


def answer():
    question = sys.stdin.readline()
    if not question:
        os._exit(0)
    if question.strip() == "settle":
        gc.collect()
    print(json.dumps({"Hearing": len(HEARING)}), flush=True)


async def main():
    compression = "deflate" if "-compression" in sys.argv else None
    server = await websockets.serve(
        serve, "127.0.0.1", 0, compression=compression, max_size=1 << 24, backlog=4096
    )
    print("127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
    asyncio.get_running_loop().add_reader(sys.stdin, answer)
    await asyncio.Future()


asyncio.run(main())
