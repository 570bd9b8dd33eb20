"""WebSocket framing (RFC 6455), as far as a client that sends text needs it."""
import os
import struct

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
PAYLOAD_BYTES_MAX = 4 << 20


class BadFrame(Exception):
    """What came is no frame that a server may send."""


def encode(opcode, payload):
    """A whole, masked frame (section 5.3)."""
    mask = os.urandom(4)
    size = len(payload)
    if size < 126:
        head = struct.pack('!BB', 0x80 | opcode, 0x80 | size)
    elif size < 65_536:
        head = struct.pack('!BBH', 0x80 | opcode, 0x80 | 126, size)
    else:
        head = struct.pack('!BBQ', 0x80 | opcode, 0x80 | 127, size)
    key = int.from_bytes((mask * (size // 4 + 1))[:size], 'little')
    return head + mask + (int.from_bytes(payload, 'little') ^ key).to_bytes(size, 'little')


async def read(reader):
    """The next frame's opcode and payload. The gateway sends whole messages, never fragments."""
    first, second = await reader.readexactly(2)
    if first & 0xF0 != 0x80 or second & 0x80:
        raise BadFrame(f'frame begins with {first:02x} {second:02x}')
    size = second
    if size == 126:
        size = struct.unpack('!H', await reader.readexactly(2))[0]
    elif size == 127:
        size = struct.unpack('!Q', await reader.readexactly(8))[0]
    if size > PAYLOAD_BYTES_MAX:
        raise BadFrame(f'a frame of {size} bytes')
    return first & 0x0F, await reader.readexactly(size)
