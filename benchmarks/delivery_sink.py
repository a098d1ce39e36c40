"""A provider on this machine for benchmarks: notes when each message arrived and answers at once, or after a while.

    python benchmarks/delivery_sink.py PORT

POST /slow/… is answered after 30 s, everything else at once. GET / gives [[path, key, seconds of the monotonic clock], …] and forgets them.
"""

import asyncio
import json
import sys
import time

SLOW_SECONDS = 30
ARRIVED: list[tuple[str, str, float]] = []


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while line := await reader.readline():
            at, (method, path, _) = time.monotonic(), line.decode().split(" ", 2)
            headers = {}
            while (header := await reader.readline()).strip():
                name, _, value = header.decode().partition(":")
                headers[name.lower()] = value.strip()
            await reader.readexactly(int(headers.get("content-length", 0)))
            answer = b"{}"
            if method == "POST":
                ARRIVED.append((path, headers.get("idempotency-key", ""), at))
            else:
                answer = json.dumps(ARRIVED).encode()
                ARRIVED.clear()
            if path.startswith("/slow"):
                await asyncio.sleep(SLOW_SECONDS)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer))
            await writer.drain()
    except (OSError, ValueError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main(port: int) -> None:
    async with await asyncio.start_server(serve, "127.0.0.1", port, backlog=1_000) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
