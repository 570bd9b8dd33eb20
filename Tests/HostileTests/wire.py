"""What an attacker needs of HTTP and WebSocket: bytes as they stand on the wire, right and wrong ones."""
import asyncio
import json
import os
import socket
import struct

KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION = 1, 2, 8, 9, 10, 0


def upgrade(path='/ws', *lines):
    return '\r\n'.join([
        f'GET {path} HTTP/1.1', 'Host: gateway', 'Upgrade: websocket', 'Connection: Upgrade', f'Sec-WebSocket-Key: {KEY}',
        'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Protocol: cloudevents.json', *lines, '', '']).encode()


def post(body, *lines, path='/events', kind='application/cloudevents+json'):
    head = [f'POST {path} HTTP/1.1', 'Host: gateway', f'Content-Type: {kind}', f'Content-Length: {len(body)}', *lines]
    return '\r\n'.join([*head, '', '']).encode() + body


def event(number, data='{}', members=''):
    return f'{{"specversion":"1.0","id":"h{number}","source":"/hostile","type":"PingRequest"{members},"data":{data}}}'.encode()


def frame(opcode, payload=b'', final=True, masked=True, reserved=0, length=None):
    """A client's frame. `length` is what its header claims, whatever the payload has."""
    size = len(payload) if length is None else length
    first = (0x80 if final else 0) | reserved << 4 | opcode
    mask_bit = 0x80 if masked else 0
    if size < 126:
        head = struct.pack('!BB', first, mask_bit | size)
    elif size < 65536:
        head = struct.pack('!BBH', first, mask_bit | 126, size)
    else:
        head = struct.pack('!BBQ', first, mask_bit | 127, size)
    # A mask of zeros leaves the payload as it is.
    return head + (b'\0\0\0\0' if masked else b'') + payload


class Connection:
    """One connection to the gateway, with the little that is needed to read what it says."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @staticmethod
    async def open(target, receive_bytes=None):
        plug = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        plug.setblocking(False)
        if receive_bytes:
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        await asyncio.get_running_loop().sock_connect(plug, target)
        plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Connection(*await asyncio.open_connection(sock=plug))

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def response(self):
        """Status, headers in lower case, body; None if the gateway closed without one."""
        try:
            head = (await self.reader.readuntil(b'\r\n\r\n')).decode('latin-1').split('\r\n')
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        headers = dict(line.lower().split(': ', 1) for line in head[1:] if ': ' in line)
        body = await self.reader.readexactly(int(headers.get('content-length', 0)))
        return int(head[0].split()[1]), headers, body

    async def frame(self):
        """Opcode and payload of the next frame; None at the end."""
        try:
            first, second = await self.reader.readexactly(2)
            size = second & 0x7f
            if size == 126:
                size, = struct.unpack('!H', await self.reader.readexactly(2))
            elif size == 127:
                size, = struct.unpack('!Q', await self.reader.readexactly(8))
            return first & 0x0f, await self.reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def session(self, path='/ws', *lines):
        """Upgrades, and gives the data of `switchboard.session.opened`."""
        await self.send(upgrade(path, *lines))
        answer = await self.response()
        if not answer or answer[0] != 101:
            raise ConnectionError(f'no upgrade: {answer}')
        return json.loads((await self.frame())[1])['data']

    async def close_code(self):
        """That of the close frame; whatever comes before it is passed over. None if the gateway sends none."""
        while received := await self.frame():
            if received[0] == CLOSE:
                return struct.unpack('!H', received[1][:2])[0] if len(received[1]) >= 2 else 1005
        return None

    async def is_ended(self):
        """Reads to the end. False if the gateway keeps the connection for longer than its owner waits."""
        try:
            while await self.reader.read(65536):
                pass
        except ConnectionError:
            pass
        return True

    def drop(self, hard=False):
        """Closes; hard: with a reset."""
        plug = self.writer.get_extra_info('socket')
        if hard and plug.fileno() >= 0:
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.writer.close()


def be_modest():
    """In the wild attackers have machines of their own. Here they get what the gateway and its clients leave of this one, so
    that what others feel of an attack is the gateway's doing."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
