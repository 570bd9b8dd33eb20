"""Peers that take their time, or come in masses: connections and memory are what they are after."""
import asyncio
import time

from wire import Connection, TEXT, event, frame, post, upgrade

# As in the gateway; what is over that is late.
NOBODY_SECONDS = 8
HEAD_SECONDS, BODY_SECONDS, SLACK_SECONDS = 10, 30, 4


async def _drip(target, begin, rest, seconds, findings):
    """Sends the rest byte by byte, twice a second. The gateway has to end it in time."""
    peer = await Connection.open(target)
    ended = asyncio.create_task(peer.is_ended())
    began = time.monotonic()
    try:
        await peer.send(begin)
        for byte in rest:
            done, _ = await asyncio.wait([ended], timeout=0.5)
            if done:
                return True
            if time.monotonic() - began > seconds + SLACK_SECONDS:
                findings.add(f'a connection was still served after {seconds + SLACK_SECONDS} s')
                return False
            await peer.send(bytes([byte]))
    except ConnectionError:
        return True
    finally:
        ended.cancel()
        peer.drop(hard=True)
    return False


async def nobody(_, effort):
    """An attack on a server of the attacker's own: what the machine alone does to others"""
    taken = 0

    async def sink(reader, writer):
        nonlocal taken
        while piece := await reader.read(65536):
            taken += len(piece)
        writer.close()

    async def worker(target, end):
        count = 0
        while time.monotonic() < end:
            peer = await Connection.open(target)
            for _ in range(20):
                await peer.send(b'a' * 10_000)
            peer.drop()
            count += 1
        return count

    server = await asyncio.start_server(sink, '127.0.0.1', 0)
    target = server.sockets[0].getsockname()
    counts = await asyncio.gather(*(worker(target, time.monotonic() + NOBODY_SECONDS) for _ in range(20)))
    server.close()
    return {'done': f'{sum(counts)} connections', 'answer': f'{taken >> 20} MiB taken', 'findings': []}


async def slow_heads(target, effort):
    """Request heads of which two bytes a second arrive (slowloris)"""
    findings = set()
    count = 400 * effort
    begin = b'GET /ws HTTP/1.1\r\nHost: gateway\r\nX-A: '
    ended = await asyncio.gather(*(_drip(target, begin, b'a' * 60, HEAD_SECONDS, findings) for _ in range(count)))
    return {'done': f'{count} connections', 'answer': f'{sum(ended)} ended within {HEAD_SECONDS} s', 'findings': list(findings)}


async def slow_bodies(target, effort):
    """Request bodies of which two bytes a second arrive"""
    findings = set()
    count = 400 * effort
    begin = post(b'a' * 60_000)[:-60_000] + b'{'
    ended = await asyncio.gather(*(_drip(target, begin, b' ' * 90, BODY_SECONDS, findings) for _ in range(count)))
    return {'done': f'{count} connections', 'answer': f'{sum(ended)} ended within {BODY_SECONDS} s', 'findings': list(findings)}


async def stalled_bodies(target, effort):
    """Request bodies that stop just before their end, all of them at once"""
    count, statuses = 1000 * effort, {}
    # As in a flood of them from many machines: no more than a few are on their way here at the same time.
    turns = asyncio.Semaphore(50)

    async def stall():
        async with turns:
            peer = await Connection.open(target)
            await peer.send(post(b'a' * 60_000)[:-1])
        try:
            answer = await asyncio.wait_for(peer.response(), BODY_SECONDS + SLACK_SECONDS)
            status = answer[0] if answer else 'closed'
        except asyncio.TimeoutError:
            status = 'silence'
        except ConnectionError:
            status = 'closed'
        statuses[status] = statuses.get(status, 0) + 1
        peer.drop(hard=True)

    await asyncio.gather(*(stall() for _ in range(count)))
    told = ', '.join(f'{number} {status}' for status, number in sorted(statuses.items(), key=str))
    return {'done': f'{count} connections with 60 KB each', 'answer': told,
            'findings': [f'{statuses["silence"]} bodies were waited for without end'] if 'silence' in statuses else []}


async def _deaf(target, seconds):
    peer = await Connection.open(target, receive_bytes=4096)
    # Nothing is read: neither by this side's buffer, nor from the socket.
    peer.writer.transport.pause_reading()
    sent, end = 0, time.monotonic() + seconds
    ended = False
    try:
        await peer.send(upgrade())
        while time.monotonic() < end:
            await asyncio.wait_for(peer.send(frame(TEXT, event(sent, '"' + 'x' * 40_000 + '"'))), 2)
            sent += 1
            await asyncio.sleep(0.05)
    except (ConnectionError, asyncio.TimeoutError) as error:
        ended = isinstance(error, ConnectionError)
    peer.drop(hard=True)
    return sent, ended


async def slow_readers(target, effort):
    """Sessions that ask for answers and never read one"""
    # Fast enough for all that the kernel keeps and for all bounds, and not so many at once that it is a flood of large pings.
    at_once, results = 8, []
    for _ in range(min(effort, 3)):
        results += await asyncio.gather(*(_deaf(target, 20) for _ in range(at_once)))
    gone = sum(ended for _, ended in results)
    return {'done': f'{len(results)} sessions, {sum(sent for sent, _ in results)} pings', 'answer': f'{gone} let go',
            'findings': [] if gone == len(results) else [f'{len(results) - gone} sessions that never read were kept']}


async def connects(target, effort):
    """Connections that come and go at once: empty, with half a request, with a session"""
    total, at_once = 10_000 * effort, 50
    failed = 0

    async def worker(first):
        nonlocal failed
        for number in range(first, total, at_once):
            try:
                peer = await Connection.open(target)
                if number % 4 == 1:
                    await peer.send(b'GET /ws HTTP/1.1\r\nHost: gate')
                elif number % 4 == 2:
                    await peer.session()
                elif number % 4 == 3:
                    await peer.send(upgrade())
                peer.drop(hard=number % 8 < 4)
            except (ConnectionError, OSError):
                failed += 1
    await asyncio.gather(*(worker(first) for first in range(at_once)))
    return {'done': f'{total} connections', 'answer': f'{failed} refused',
            'findings': [] if failed < total / 100 else [f'{failed} of {total} connections were refused']}


async def pipelines(target, effort):
    """Thousands of requests on each connection, of which no answer is read"""
    count, sent = 20 * effort, 0

    async def worker():
        nonlocal sent
        peer = await Connection.open(target, receive_bytes=4096)
        peer.writer.transport.pause_reading()
        request = b'GET /events/nothing HTTP/1.1\r\nHost: gateway\r\n\r\n' * 100
        try:
            for _ in range(200):
                await asyncio.wait_for(peer.send(request), 1)
                sent += 100
        except (ConnectionError, asyncio.TimeoutError):
            pass
        peer.drop(hard=True)
    await asyncio.gather(*(worker() for _ in range(count)))
    return {'done': f'{count} connections', 'answer': f'{sent} requests taken of {count * 20_000}', 'findings': []}


async def forged_resumes(target, effort):
    """Sessions that are asked for with made-up tokens and ids"""
    findings, refused, fresh = set(), 0, 0
    total = 500 * effort
    victim = await Connection.open(target)
    opened = await victim.session()
    session, token = opened['correlationid'], opened['resumetoken']
    # Tokens are hexadecimal, in any case.
    wrong = token[:-1] + ('1' if token[-1] != '1' else '2')
    queries = [f'resume={wrong}&after=0', f'resume={session}', 'resume=', 'resume=' + 'A' * 4000, f'resume={token}%00',
               f'resume={token[:-4]}', f'correlationid={session}', f'resume={"0" * len(token)}&after=99999999999999999999']
    for number in range(total):
        peer = await Connection.open(target)
        await peer.send(upgrade(f'/ws?{queries[number % len(queries)]}'))
        answer = await peer.response()
        if not answer or answer[0] != 101:
            refused += 1
        else:
            data = await peer.frame()
            fresh += 1
            if b'"resumed":true' in data[1] or session.encode() in data[1]:
                findings.add(f'a session was given away for {queries[number % len(queries)][:60]}')
        peer.drop(hard=True)
    await victim.send(frame(TEXT, event('victim')))
    answer = await victim.frame()
    if not answer or answer[0] != TEXT or b'"PingResponse"' not in answer[1]:
        findings.add(f"the session's own connection was ended: {answer}")
    victim.drop()
    return {'done': f'{total} attempts', 'answer': f'{fresh} got a session of their own, {refused} refused',
            'findings': list(findings)}
