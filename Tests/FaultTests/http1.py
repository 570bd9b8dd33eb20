"""Just enough of an HTTP/1.1 client, on asyncio."""
import asyncio

HEAD_BYTES_MAX = 64 * 1024


async def read_head(reader):
    """- Returns: status and headers, their names in lower case."""
    try:
        head = await reader.readuntil(b'\r\n\r\n')
    except asyncio.LimitOverrunError as error:
        raise ValueError('the head of the response is too long') from error
    lines = head.decode('latin-1').split('\r\n')
    parts = lines[0].split(' ', 2)
    if not parts[0].startswith('HTTP/1.') or len(parts) < 2 or not parts[1].isdigit():
        raise ValueError(f'no HTTP response: {lines[0][:80]!r}')
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(':')
        if colon:
            headers[name.lower()] = value.strip()
    return int(parts[1]), headers


async def request(method, port, path, body=b'', headers=None, tls=None):
    """- Returns: status, headers and body."""
    reader, writer = await asyncio.open_connection('127.0.0.1', port, ssl=tls)
    try:
        lines = [f'{method} {path} HTTP/1.1', 'Host: 127.0.0.1', 'Connection: close', f'Content-Length: {len(body)}',
                 *(f'{name}: {value}' for name, value in (headers or {}).items())]
        writer.write('\r\n'.join([*lines, '', '']).encode() + body)
        status, answer_headers = await read_head(reader)
        length = answer_headers.get('content-length', '')
        answer = await (reader.readexactly(int(length)) if length.isdigit() else reader.read())
        return status, answer_headers, answer
    finally:
        writer.transport.abort()


async def post(port, path, body, headers, tls=None):
    return await request('POST', port, path, body, headers, tls)


async def get(port, path):
    return await request('GET', port, path)
