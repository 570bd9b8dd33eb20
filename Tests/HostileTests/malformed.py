"""Peers that break the rules, one connection a case. Each case has one right answer."""
import asyncio
import json
import struct

from wire import (BINARY, CLOSE, CONTINUATION, Connection, PING, PONG, TEXT, event, frame, post, upgrade)


def _close(code):
    return struct.pack('!H', code)


BAD_TEXTS = [b'\xff', b'\xc3\x28', b'\xc0\xaf', b'\xe2\x82', b'\xed\xa0\x80', b'\xf4\x90\x80\x80', b'\xf8\x88\x80\x80\x80',
             b'\xe0\x80\xaf', b'abc\x80', b'\xf0\x28\x8c\xbc']

# What is sent once the session is open, and the close codes that are right.
FRAMES = {
    'a length of 2^63': (frame(TEXT, b'', length=1 << 63), {1002, 1009}),
    'a length of 2^62': (frame(TEXT, b'', length=1 << 62), {1009}),
    'a length of 4 GiB': (frame(BINARY, b'x', length=1 << 32), {1009}),
    'one byte too many': (frame(TEXT, b'x' * 65537), {1009}),
    'fragments that grow too large': (frame(TEXT, b'x' * 65000, final=False) + frame(CONTINUATION, b'x' * 600), {1009}),
    'a ping of 126 bytes': (frame(PING, b'x' * 126), {1002}),
    'a ping in fragments': (frame(PING, b'x', final=False), {1002}),
    'no mask': (frame(TEXT, b'{}', masked=False), {1002}),
    'a compressed frame': (frame(TEXT, b'{}', reserved=4), {1002}),
    'a reserved bit': (frame(TEXT, b'{}', reserved=1), {1002}),
    'opcode 3': (frame(3, b'x'), {1002}),
    'opcode 11': (frame(11, b'x'), {1002}),
    'a continuation of nothing': (frame(CONTINUATION, b'x'), {1002}),
    'a text within a text': (frame(TEXT, b'{', final=False) + frame(TEXT, b'}'), {1002}),
    'close code 1005': (frame(CLOSE, _close(1005)), {1002}),
    'close code 999': (frame(CLOSE, _close(999)), {1002}),
    'a close of one byte': (frame(CLOSE, b'x'), {1002}),
    'a close reason that is no text': (frame(CLOSE, _close(1000) + b'\xff'), {1007}),
}


async def frames(target, effort):
    """Frames that break RFC 6455: lengths, masks, opcodes, fragments, close codes"""
    findings, cases = set(), list(FRAMES.items())

    async def check(name, data, codes):
        peer = await Connection.open(target)
        await peer.session()
        await peer.send(data)
        try:
            code = await asyncio.wait_for(peer.close_code(), 10)
        except asyncio.TimeoutError:
            code = 'none within 10 s'
        if code not in codes:
            findings.add(f'{name}: close code {code} instead of {sorted(codes)}')
        peer.drop()
    for _ in range(5 * effort):
        await asyncio.gather(*(check(name, *case) for name, case in cases))
    return {'done': f'{5 * effort * len(cases)} connections, {len(cases)} kinds', 'answer': 'the close code of each',
            'findings': list(findings)}


async def invalid_utf8(target, effort):
    """Text that is no UTF-8, cut at every byte into fragments and into segments"""
    findings, count = set(), 0

    async def check(text, cut, in_fragments):
        nonlocal count
        peer = await Connection.open(target)
        await peer.session()
        body = b'{"a":"' + text + b'"}'
        at = 6 + cut
        if in_fragments:
            await peer.send(frame(TEXT, body[:at], final=False))
            await peer.send(frame(CONTINUATION, body[at:]))
        else:
            whole = frame(TEXT, body)
            await peer.send(whole[:at + 6])
            await asyncio.sleep(0.002)
            await peer.send(whole[at + 6:])
        code = await asyncio.wait_for(peer.close_code(), 10)
        if code != 1007:
            findings.add(f'{text!r} cut at {cut}: close code {code}')
        count += 1
        peer.drop()
    for _ in range(effort):
        for text in BAD_TEXTS:
            await asyncio.gather(*(check(text, cut, kind) for cut in range(len(text) + 1) for kind in (True, False)))
    return {'done': f'{count} messages', 'answer': 'close code 1007', 'findings': list(findings)}


async def tiny_frames(target, effort):
    """Floods of frames that are as small as they get"""
    findings = set()
    message = event('tiny', '"' + 'y' * 50_000 + '"')
    pieces = [frame(TEXT, message[:1], final=False)]
    pieces += [frame(CONTINUATION, message[n:n + 1], final=n == len(message) - 1) for n in range(1, len(message))]

    async def bytewise():
        peer = await Connection.open(target)
        await peer.session()
        await peer.send(b''.join(pieces))
        answer = await asyncio.wait_for(peer.frame(), 20)
        if not answer or b'"causationid":"htiny"' not in answer[1]:
            findings.add(f'a message in {len(pieces)} fragments has no answer: {answer}')
        peer.drop()

    async def flood(data, reads, first=b''):
        peer = await Connection.open(target)
        await peer.session()
        await peer.send(first)
        ended = asyncio.create_task(peer.is_ended()) if reads else None
        try:
            for _ in range(100):
                await asyncio.wait_for(peer.send(data * 1000), 2)
        except (ConnectionError, asyncio.TimeoutError):
            pass
        if ended:
            ended.cancel()
        peer.drop(hard=True)
    for _ in range(effort):
        await asyncio.gather(
            bytewise(), bytewise(), flood(frame(PING), True), flood(frame(PING, b'x' * 125), False),
            flood(frame(PONG), True))
        await flood(frame(CONTINUATION, b'', final=False), False, frame(TEXT, b'{', final=False))
    return {'done': f'{effort * 2} messages in {len(pieces)} fragments, {effort * 400_000} pings, pongs and empty frames',
            'answer': 'messages answered, floods borne', 'findings': sorted(findings)}


async def compression(target, effort):
    """Extensions that are asked for"""
    findings = set()
    for _ in range(20 * effort):
        peer = await Connection.open(target)
        await peer.send(upgrade('/ws', 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-webkit-deflate-frame'))
        answer = await peer.response()
        if not answer or answer[0] != 101 or 'sec-websocket-extensions' in answer[1]:
            findings.add(f'an extension was agreed on: {answer}')
        peer.drop()
    return {'done': f'{20 * effort} handshakes', 'answer': 'none agreed on', 'findings': list(findings)}


GET = b'GET /livez HTTP/1.1\r\nHost: gateway\r\n'
HIDDEN = b'GET /hidden HTTP/1.1\r\nHost: gateway\r\n\r\n'


def _hide(*lines):
    return b'POST /events HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/cloudevents+json\r\n' \
        + b''.join(line + b'\r\n' for line in lines) + b'\r\n'


# What is sent, and the statuses that are right. After each the gateway has to close: nothing behind it may be answered.
REQUESTS = {
    'both lengths': (_hide(b'Content-Length: 6', b'Transfer-Encoding: chunked') + b'0\r\n\r\n' + HIDDEN, {400}),
    'two lengths': (_hide(b'Content-Length: 0', b'Content-Length: 40') + HIDDEN, {400}),
    'a list of lengths': (_hide(b'Content-Length: 0, 40') + HIDDEN, {400}),
    'a signed length': (_hide(b'Content-Length: +0') + HIDDEN, {400}),
    'a length in hexadecimal': (_hide(b'Content-Length: 0x0') + HIDDEN, {400}),
    'a length without end': (_hide(b'Content-Length: ' + b'9' * 30) + HIDDEN, {400, 413}),
    'an unknown coding': (_hide(b'Transfer-Encoding: xchunked') + b'0\r\n\r\n' + HIDDEN, {400, 501}),
    'a coding before chunked': (_hide(b'Transfer-Encoding: gzip, chunked') + b'0\r\n\r\n' + HIDDEN, {400, 501}),
    'chunked twice': (_hide(b'Transfer-Encoding: chunked', b'Transfer-Encoding: chunked') + b'0\r\n\r\n' + HIDDEN, {400, 501}),
    'chunked with a tab': (_hide(b'Transfer-Encoding:\x0bchunked') + b'0\r\n\r\n' + HIDDEN, {400, 501}),
    'a chunk size without end': (_hide(b'Transfer-Encoding: chunked') + b'f' * 20 + b'\r\n' + HIDDEN, {400, 413}),
    'a signed chunk size': (_hide(b'Transfer-Encoding: chunked') + b'-1\r\n\r\n' + HIDDEN, {400}),
    'a chunk that ends with LF': (_hide(b'Transfer-Encoding: chunked') + b'1\nx\n0\n\n' + HIDDEN, {400}),
    'a blank before the colon': (GET + b'Content-Length : 5\r\n\r\n' + HIDDEN, {400}),
    'a folded line': (GET + b'X-A: b\r\n c\r\n\r\n' + HIDDEN, {400}),
    'a bare CR': (GET + b'X-A: b\rTransfer-Encoding: chunked\r\n\r\n' + HIDDEN, {400}),
    'a NUL': (GET + b'X-A: b\0c\r\n\r\n' + HIDDEN, {400}),
    'a name that is none': (GET + b'X A: b\r\n\r\n' + HIDDEN, {400}),
    'two hosts': (GET + b'Host: other\r\n\r\n' + HIDDEN, {400}),
    'no host': (b'GET /livez HTTP/1.1\r\n\r\n' + HIDDEN, {400}),
    'HTTP/2': (b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' + HIDDEN, {400, 505}),
    'a version that is none': (b'GET /livez HTTP/1.11\r\nHost: gateway\r\n\r\n' + HIDDEN, {400, 505}),
    'two blanks': (b'GET  /livez HTTP/1.1\r\nHost: gateway\r\n\r\n' + HIDDEN, {400}),
    'a line of 9 KB': (b'GET /' + b'a' * 9000 + b' HTTP/1.1\r\nHost: gateway\r\n\r\n' + HIDDEN, {414}),
    'a method of 9 KB': (b'A' * 9000 + b' / HTTP/1.1\r\nHost: gateway\r\n\r\n' + HIDDEN, {400, 414, 501}),
    '101 headers': (GET + b'X-A: b\r\n' * 101 + b'\r\n' + HIDDEN, {431}),
    'headers of 40 KB': (GET + b'X-A: ' + b'a' * 40_000 + b'\r\n\r\n' + HIDDEN, {431}),
    'a body of 1 GB': (_hide(b'Content-Length: 1000000000') + HIDDEN, {413}),
    'chunks of 128 KB': (_hide(b'Transfer-Encoding: chunked') + b'20000\r\n' + b'a' * 0x20000 + b'\r\n0\r\n\r\n' + HIDDEN, {413}),
    'TLS on a plain port': (b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + b'\0' * 200 + b'\r\n\r\n' + HIDDEN, {400}),
}


async def smuggling(target, effort):
    """Requests that two servers would read differently, and heads that are too much"""
    findings, cases = set(), list(REQUESTS.items())

    async def check(name, data, statuses):
        peer = await Connection.open(target)
        try:
            await peer.send(data)
        except ConnectionError:
            pass
        answer = await asyncio.wait_for(peer.response(), 10)
        if not answer or answer[0] not in statuses:
            findings.add(f'{name}: {answer and answer[0]} instead of {sorted(statuses)}')
        elif answer[1].get('content-type') != 'application/problem+json' or json.loads(answer[2])['status'] != answer[0]:
            findings.add(f'{name}: {answer[2]} is no problem')
        elif await asyncio.wait_for(peer.response(), 10):
            findings.add(f'{name}: what is hidden behind it was answered')
        peer.drop()
    for _ in range(3 * effort):
        await asyncio.gather(*(check(name, *case) for name, case in cases))
    return {'done': f'{3 * effort * len(cases)} requests, {len(cases)} kinds', 'answer': 'the status of each, and closed',
            'findings': sorted(findings)}


def _members(count, name):
    return '{' + ','.join(f'"{name(n)}":{n}' for n in range(count)) + '}'


EVENTS = {
    '4,000 members in data': (event(0, _members(4000, lambda n: f'm{n:05}')), {200}),
    'one name 4,000 times': (event(0, _members(4000, lambda n: 'same')), {200}),
    'an object 32 deep': (event(0, '{"a":' * 32 + '1' + '}' * 32), {200}),
    'an object 33 deep': (event(0, '{"a":' * 33 + '1' + '}' * 33), {400}),
    'arrays 63 deep': (event(0, '[' * 63 + ']' * 63), {400}),
    'null where the gateway writes': (event(0, '1', ',"returnaddress":null,"servertiming":null,"traceparent":null'), {200}),
    '30,000 brackets': (event(0, '[' * 30_000 + ']' * 30_000), {400}),
    '10,000 braces': (event(0, '{"a":' * 10_000 + '1' + '}' * 10_000), {400}),
    'brackets that stay open': (event(0, '[' * 60_000)[:-1], {400}),
    '200 extensions': (event(0, '{}', ''.join(f',"x{n}":"y"' for n in range(200))), {400}),
    'an id twice': (event(0, '{}', ',"id":"other"'), {400}),
    'an id of 60 KB': (b'{"specversion":"1.0","id":"' + b'i' * 60_000 + b'","source":"/h","type":"PingRequest"}', {400}),
    'a number of 60,000 digits': (event(0, '1' * 60_000), {200}),
    '15,000 escapes': (event(0, '"' + '\\u0041' * 10_000 + '"'), {200}),
    'half a surrogate': (event(0, '"\\ud800"'), {200, 400}),
    'no UTF-8': (event(0).replace(b'{}', b'"\xff"'), {400}),
}


async def json_bombs(target, effort):
    """Events with thousands of members, deep nesting, long numbers, duplicates"""
    findings, cases = set(), list(EVENTS.items())

    async def check(number, name, data, statuses):
        peer = await Connection.open(target)
        await peer.send(post(data.replace(b'"id":"h0"', f'"id":"h{number}"'.encode())))
        answer = await asyncio.wait_for(peer.response(), 20)
        if not answer or answer[0] not in statuses:
            findings.add(f'{name}: {answer and (answer[0], answer[2][:200])} instead of {sorted(statuses)}')
        peer.drop()
    for round_ in range(10 * effort):
        await asyncio.gather(*(check(round_, name, *case) for name, case in cases))
    return {'done': f'{10 * effort * len(cases)} events, {len(cases)} kinds', 'answer': 'answered or 400',
            'findings': sorted(findings)}


COSTLY_REQUESTS = {
    'a query of 4,000 items': (b'GET /sessions/a/events?' + b'a&' * 4000 + b' HTTP/1.1\r\nHost: gateway\r\n\r\n', {400}),
    'a long list of subprotocols': (b'GET /ws HTTP/1.1\r\nHost: gateway\r\nSec-WebSocket-Protocol: ' + b'a,' * 15_000
                                    + b'\r\n\r\n', {426}),
    'a long Host': (b'GET /livez HTTP/1.1\r\nHost: ' + b'a.' * 15_000 + b'\r\n\r\n', {400, 403}),
    'a long path': (b'GET /events/' + b'%41' * 2_500 + b' HTTP/1.1\r\nHost: gateway\r\n\r\n', {404}),
    'a long question of a page': (
        b'OPTIONS /events HTTP/1.1\r\nHost: gateway\r\nOrigin: http://localhost\r\nAccess-Control-Request-Method: POST\r\n'
        b'Access-Control-Request-Headers: ' + b'a,' * 15_000 + b'\r\n\r\n', {204}),
}


async def costly(target, effort):
    """Small requests and messages that would take much to handle"""
    findings, count = set(), 0
    nested = b'[' * 25 + b'0,' * 32_000 + b'0' + b']' * 25
    acknowledgement = frame(TEXT, b'{"type":"switchboard.session.ack","data":' + nested + b'}')
    tiny = frame(TEXT, b'{}') * 10_000
    for _ in range(2 * effort):
        for name, (request, statuses) in COSTLY_REQUESTS.items():
            peer = await Connection.open(target)
            await peer.send(request * 20)
            for _ in range(20):
                answer = await asyncio.wait_for(peer.response(), 20)
                if not answer or answer[0] not in statuses:
                    findings.add(f'{name}: {answer and (answer[0], answer[2][:200])} instead of {sorted(statuses)}')
                    break
                count += 1
            peer.drop()
        peer = await Connection.open(target)
        await peer.session()
        for message, answers in ((acknowledgement, 20), (tiny, 1)):
            await peer.send(message * answers)
            for _ in range(answers if answers > 1 else 10_000):
                answer = await asyncio.wait_for(peer.frame(), 20)
                if not answer or answer[0] != TEXT or b'switchboard.error' not in answer[1]:
                    findings.add(f'a message: {answer} instead of an error')
                    break
                count += 1
        peer.drop()
    return {'done': f'{count} requests and messages', 'answer': 'refused', 'findings': sorted(findings)}


async def batch_bombs(target, effort):
    """Batches with too many events, or with the same one again and again"""
    findings = set()
    kind = 'application/cloudevents-batch+json'
    cases = {
        '257 events': ([event(n) for n in range(257)], {400, 413}),
        'one event 200 times': ([event(1)] * 200, {200, 400, 409}),
        '60 KB of commas': ([b''] * 60_000, {400}),
        'batches in batches': ([b'[' + event(1) + b']'], {400}),
    }
    for _ in range(10 * effort):
        for name, (events, statuses) in cases.items():
            peer = await Connection.open(target)
            await peer.send(post(b'[' + b','.join(events) + b']', kind=kind))
            answer = await asyncio.wait_for(peer.response(), 20)
            if not answer or answer[0] not in statuses:
                findings.add(f'{name}: {answer and (answer[0], answer[2][:200])} instead of {sorted(statuses)}')
            peer.drop()
    return {'done': f'{10 * effort * len(cases)} batches, {len(cases)} kinds', 'answer': 'answered or 400',
            'findings': sorted(findings)}
