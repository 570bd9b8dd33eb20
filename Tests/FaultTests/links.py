"""TCP proxies between two tiers: they delay, throttle, cut, go silent, or corrupt what passes."""
import asyncio
import random
import socket
import struct

CHUNK_BYTES = 64 * 1024
# What a slow link holds of each direction; then the sender has to wait, as on a real one.
HELD_BYTES_MAX = 256 * 1024


class Link:
    """One listening port in front of another. `mode` is read for each chunk:

    - pass
    - slow: each chunk waits `latency` seconds, and no more than `rate` bytes a second pass
    - cut: connections are reset, and new ones reset at once
    - silent: whatever comes is swallowed, connections are taken and nothing answers. A connection of that time stays
      silent for ever, as one that a NAT has forgotten
    - corrupt: of each chunk, with probability `odds`, one byte is changed
    """

    def __init__(self, name, target, seed):
        self.name, self.target = name, target
        self.mode = 'pass'
        self.latency, self.rate, self.odds = 0.0, float('inf'), 0.0
        self.corrupted = 0
        self.was_silent = False
        # Connections of it have ended, or what they carried was changed.
        self.was_broken = False
        self.random = random.Random(f'{seed} {name}')
        self.connections = set()

    async def start(self, port):
        self.port = port
        self.server = await asyncio.start_server(self.serve, '127.0.0.1', port, backlog=4096, limit=CHUNK_BYTES)
        return self

    def stop(self):
        self.server.close()
        self.reset_all()

    def reset_all(self):
        self.was_broken = True
        for connection in list(self.connections):
            connection.reset()

    def set(self, mode, **values):
        self.mode = mode
        self.was_broken |= mode not in ('pass', 'slow')
        for name, value in values.items():
            setattr(self, name, value)
        if mode == 'cut':
            self.reset_all()
        if mode == 'silent':
            self.was_silent = True
            for connection in self.connections:
                connection.is_silent = True

    async def serve(self, reader, writer):
        connection = Connection(self, reader, writer)
        self.connections.add(connection)
        try:
            await connection.run()
        finally:
            self.connections.discard(connection)
            connection.reset()


class Connection:
    def __init__(self, link, reader, writer):
        self.link, self.reader, self.writer = link, reader, writer
        self.other_writer = None
        self.is_silent = link.mode == 'silent'

    async def run(self):
        if self.link.mode == 'cut':
            return
        if self.is_silent:
            return await swallow(self.reader)
        try:
            other_reader, self.other_writer = await asyncio.open_connection(
                '127.0.0.1', self.link.target, limit=CHUNK_BYTES)
        except OSError:
            return
        tasks = [asyncio.create_task(self.pump(self.reader, self.other_writer)),
                 asyncio.create_task(self.pump(other_reader, self.writer))]
        done, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in left:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def pump(self, reader, writer):
        """One direction: what is read goes into a queue with the time at which it is due."""
        queue, room = asyncio.Queue(), Room(HELD_BYTES_MAX)
        sender = asyncio.create_task(self.send(queue, room, writer))
        loop = asyncio.get_running_loop()
        try:
            while chunk := await reader.read(CHUNK_BYTES):
                if self.is_silent:
                    continue
                link = self.link
                if link.mode == 'corrupt' and link.random.random() < link.odds:
                    chunk = self.corrupt(chunk)
                due = loop.time() + (link.latency if link.mode == 'slow' else 0)
                await room.take(len(chunk))
                queue.put_nowait((due, chunk))
            queue.put_nowait((0, b''))
            await sender
        finally:
            sender.cancel()
        # The end of a silent connection is not told to the other side, either.
        if self.is_silent:
            await asyncio.Event().wait()

    async def send(self, queue, room, writer):
        loop = asyncio.get_running_loop()
        while True:
            due, chunk = await queue.get()
            if not chunk:
                if not self.is_silent and writer.can_write_eof():
                    writer.write_eof()
                return
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            if self.link.mode == 'slow' and self.link.rate < float('inf'):
                await asyncio.sleep(len(chunk) / self.link.rate)
            if not self.is_silent:
                writer.write(chunk)
                await writer.drain()
            room.give(len(chunk))

    def corrupt(self, chunk):
        changed = bytearray(chunk)
        place = self.link.random.randrange(len(changed))
        changed[place] ^= self.link.random.randrange(1, 256)
        self.link.corrupted += 1
        return bytes(changed)

    def reset(self):
        """RST instead of FIN, to both sides."""
        for writer in (self.writer, self.other_writer):
            if writer is None:
                continue
            endpoint = writer.get_extra_info('socket')
            if endpoint is not None and endpoint.fileno() >= 0:
                endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            writer.transport.abort()


class Room:
    """So many bytes may be held; whoever has more waits."""

    def __init__(self, size):
        self.size, self.taken, self.changed = size, 0, asyncio.Event()

    async def take(self, count):
        while self.taken and self.taken + count > self.size:
            self.changed.clear()
            await self.changed.wait()
        self.taken += count

    def give(self, count):
        self.taken -= count
        self.changed.set()


async def swallow(reader):
    while await reader.read(CHUNK_BYTES):
        pass
    await asyncio.Event().wait()
