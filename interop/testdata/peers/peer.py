"""What the Python peers share; see README.md."""

import asyncio
import base64
import json
import sys
import traceback


def emit(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


def message(data):
    if isinstance(data, str):
        emit("text", text=data)
    else:
        emit("binary", base64=base64.b64encode(data).decode())


def headers(items):
    return {name.lower(): value for name, value in items}


def authorized(request_headers, user):
    """Whether the request has the Basic credentials user ("name:password")."""
    want = "Basic " + base64.b64encode(user.encode()).decode()
    return request_headers.get("Authorization") == want


async def main(peer, name):
    """Does what standard input says, one command after the other."""
    stdin = asyncio.StreamReader(limit=1 << 24)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin
    )
    emit("ready", name=f"{name}, Python {sys.version.split()[0]}")
    async for line in stdin:
        command = json.loads(line)
        if "base64" in command:
            command = {"do": command["do"], "data": base64.b64decode(command["base64"])}
        try:
            await getattr(peer, command.pop("do"))(**command)
        except Exception as exc:
            traceback.print_exc()
            emit("error", text=repr(exc))


def run(peer, name):
    asyncio.run(main(peer, name))
