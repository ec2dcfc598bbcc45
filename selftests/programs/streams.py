# SPDX-License-Identifier: GPL-2.0
"""asyncio streams: a server that echoes, and connections that check the echo.

streams.py serve ADDRESS PORT
streams.py echo ADDRESS PORT CONNECTIONS
"""
import asyncio
import random
import sys

BYTES = 100_000


async def serve_one(reader, writer):
    while data := await reader.read(4096):
        writer.write(data)
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def serve(address, port):
    server = await asyncio.start_server(serve_one, address, port)
    async with server:
        await server.serve_forever()


async def echo_one(address, port, seed):
    data = random.Random(seed).randbytes(BYTES)
    reader, writer = await asyncio.open_connection(address, port)

    async def send():
        writer.write(data)
        await writer.drain()
        writer.write_eof()

    _, echo = await asyncio.gather(send(), reader.read(-1))
    writer.close()
    await writer.wait_closed()
    if echo != data:
        sys.exit(f"connection {seed}: {len(echo)} bytes came back, or others")


async def echo(address, port, connections):
    await asyncio.gather(*(echo_one(address, port, seed)
                           for seed in range(int(connections))))


command, address, port, *rest = sys.argv[1:]
asyncio.run({"serve": serve, "echo": echo}[command](address, port, *rest))
