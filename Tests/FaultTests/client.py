"""A client of the gateway as clients/PROTOCOL.md describes it, which enters everything into the ledger."""
import asyncio
import base64
import json
import os
import random
import re
from time import monotonic
from urllib.parse import quote

import frames
import http1 as http

CONNECT_SECONDS_MAX = 3
BACKOFF_SECONDS_MIN, BACKOFF_SECONDS_MAX = 0.1, 10
ACKNOWLEDGED_EVENTS_MAX, ACKNOWLEDGED_SECONDS_MAX = 64, 1
# So much output that the socket does not take is enough; a slow link must not make the client's memory the buffer.
OUTPUT_BYTES_MAX = 64 * 1024
IN_FLIGHT_MAX = 100
# Beyond every deadline: what has no response when the ledger is closed is found there.
POST_SECONDS_MAX = 60
RECONNECTING_CODES = {1006, 1011, 1012, 1013, 1014, 4003, 4008, 4029}


class Refused(Exception):
    def __init__(self, status, retry_after, body):
        super().__init__(f'the handshake was answered with {status}: {body[:200]!r}')
        self.status, self.retry_after = status, retry_after


def nonce_of(body):
    """What a PingResponse repeats of its request. ValueError if the body is none."""
    try:
        return json.loads(body)['data']['request']['n']
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f'200 with {body[:100]!r}') from error


class Client:
    """One session. `target` is where it connects to, and may be changed while it runs."""

    def __init__(self, name, ledger, target, settings, seed):
        self.name, self.ledger, self.target, self.settings = name, ledger, target, settings
        self.random = random.Random(f'{seed} {name}')
        self.correlation_id = self.resume_token = None
        self.sequence = self.acknowledged = 0
        self.pending = {}
        self.count = 0
        self.writer = None
        # What must have come before requests without an answer are sent again.
        self.awaited_sequence = None
        self.silence_seconds_max = 35
        self.backoff = BACKOFF_SECONDS_MIN
        self.is_stopping = False
        self.last_opened = None
        self.acknowledge_due = None

    # The connection

    async def run(self):
        while not self.is_stopping:
            delay = None
            try:
                code, reason = await self.connect_and_read()
                slot = re.fullmatch(r'reconnect in (\d+)', reason)
                if code == 1001 and slot:
                    delay = int(slot[1]) / 1000
                elif code not in RECONNECTING_CODES and not self.settings.get('reconnects_always'):
                    self.ledger.violations[f'closed with {code} {reason}'] += 1
            except Refused as refusal:
                # 409 with a time to come again: the gateway has not noticed yet that the former connection is lost.
                is_worth_retrying = (refusal.status == 429 or refusal.status >= 500
                                     or refusal.status == 409 and refusal.retry_after)
                if not is_worth_retrying and not self.settings.get('reconnects_always'):
                    self.ledger.violations[str(refusal)] += 1
                delay = refusal.retry_after
            except (OSError, EOFError, frames.BadFrame, asyncio.TimeoutError, ValueError, KeyError) as error:
                if isinstance(error, (ValueError, KeyError)) and not self.settings.get('reconnects_always'):
                    self.ledger.violations[f'{type(error).__name__}: {error}'] += 1
            finally:
                self.drop()
            if self.is_stopping:
                return
            wait = self.random.uniform(0, self.backoff)
            self.backoff = min(self.backoff * 2, BACKOFF_SECONDS_MAX)
            await asyncio.sleep(max(wait, delay or 0))

    def drop(self):
        if self.writer is not None:
            self.writer.transport.abort()
        self.writer = None

    async def connect_and_read(self):
        reader, writer = await asyncio.wait_for(
            asyncio.open_connection('127.0.0.1', self.target, ssl=self.settings.get('tls')), CONNECT_SECONDS_MAX)
        try:
            await asyncio.wait_for(self.shake_hands(reader, writer), CONNECT_SECONDS_MAX)
            return await self.read(reader, writer)
        finally:
            writer.transport.abort()

    async def shake_hands(self, reader, writer):
        query = ''
        if self.resume_token:
            query = f'?correlationid={quote(self.correlation_id)}&resume={self.resume_token}&after={self.sequence:016d}'
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write((f'GET /ws{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
                      f'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n'
                      'Sec-WebSocket-Protocol: cloudevents.json\r\n\r\n').encode())
        status, headers = await http.read_head(reader)
        if status != 101:
            body = await reader.read(2000)
            after = headers.get('retry-after', '')
            raise Refused(status, int(after) if after.isdigit() else None, body)

    async def read(self, reader, writer):
        """Until the connection ends. - Returns: close code and reason."""
        while True:
            timeout = self.silence_seconds_max if self.writer else CONNECT_SECONDS_MAX
            opcode, payload = await asyncio.wait_for(frames.read(reader), timeout)
            if opcode == frames.TEXT:
                self.take(json.loads(payload), writer)
            elif opcode == frames.PING:
                writer.write(frames.encode(frames.PONG, payload))
            elif opcode == frames.CLOSE:
                code = int.from_bytes(payload[:2], 'big') if len(payload) >= 2 else 1005
                writer.write(frames.encode(frames.CLOSE, payload[:2]))
                return code, payload[2:].decode(errors='replace')

    # What comes

    def take(self, event, writer):
        if event['type'] == 'switchboard.session.opened':
            return self.opened(event['data'], writer)
        number = event.get('sequence')
        if number is None:
            return self.settle(event)
        number = int(number)
        if number <= self.sequence:
            return
        if number != self.sequence + 1 and not self.settings.get('reconnects_always'):
            self.ledger.violations['a gap in the sequence'] += 1
        self.sequence = number
        self.settle(event)
        if self.acknowledge_due is None:
            self.acknowledge_due = monotonic() + ACKNOWLEDGED_SECONDS_MAX
        if self.sequence - self.acknowledged >= ACKNOWLEDGED_EVENTS_MAX:
            self.acknowledge()
        self.resend_if_complete()

    def opened(self, data, writer):
        self.writer = writer
        self.last_opened = data
        self.backoff = BACKOFF_SECONDS_MIN
        self.silence_seconds_max = data['heartbeatseconds'] + self.settings['silence_margin']
        self.ledger.connects += 1
        if data['resumed']:
            self.ledger.resumed += 1
            if data['recovered']:
                self.ledger.recovered += 1
            else:
                self.sequence = max(self.sequence, int(data['first']) - 1)
        else:
            if self.resume_token is not None:
                self.ledger.begun_anew += 1
            for entry in self.pending.values():
                self.ledger.tell_lost(entry)
            self.pending.clear()
            self.sequence = self.acknowledged = 0
        self.correlation_id, self.resume_token = data['correlationid'], data['resumetoken']
        self.awaited_sequence = int(data['sequence'])
        self.resend_if_complete()

    def resend_if_complete(self):
        if self.awaited_sequence is None or self.sequence < self.awaited_sequence:
            return
        self.awaited_sequence = None
        for entry in list(self.pending.values()):
            if entry.way == 'socket':
                entry.repeats.append(monotonic())
                self.write(self.event(entry))

    def settle(self, event):
        id = event.get('causationid')
        if event['type'] == 'PingResponse':
            data = event.get('data') or {}
            request = data.get('request') if isinstance(data, dict) else None
            self.ledger.settle(id, None, request.get('n') if isinstance(request, dict) else None)
        elif event['type'] == 'switchboard.error':
            self.ledger.settle(id, event['data']['status'])
        else:
            self.ledger.forged += 1
        self.pending.pop(id, None)

    def acknowledge(self):
        self.acknowledged, self.acknowledge_due = self.sequence, None
        self.write({'specversion': '1.0', 'id': f'{self.name}-ack-{self.sequence}', 'source': '/faults',
                    'type': 'switchboard.session.ack', 'data': {'sequence': f'{self.sequence:016d}'}})

    # What goes

    def event(self, entry):
        return {'specversion': '1.0', 'id': entry.id, 'source': '/faults', 'type': 'PingRequest',
                'data': {'n': entry.nonce} | ({'mark': entry.mark} if entry.mark else {})}

    def write(self, event):
        if self.writer is not None and not self.writer.transport.is_closing():
            self.writer.write(frames.encode(frames.TEXT, json.dumps(event).encode()))
            return True
        return False

    def tick(self):
        if self.acknowledge_due is not None and monotonic() >= self.acknowledge_due and self.writer:
            self.acknowledge()

    def ask(self):
        """Sends a request, if there is a connection that takes it. One in eight goes by `Prefer: respond-async`."""
        if self.writer is None or self.awaited_sequence is not None or len(self.pending) >= IN_FLIGHT_MAX:
            return
        if self.writer.transport.get_write_buffer_size() > OUTPUT_BYTES_MAX:
            return
        self.count += 1
        id, nonce = f'{self.name}-{self.count}', self.random.getrandbits(48)
        if self.count % 8 == 0 and not self.settings.get('tls'):
            entry = self.ledger.send(id, self.name, 'respond-async', nonce)
            self.pending[id] = entry
            asyncio.create_task(self.post(entry, self.correlation_id))
            return
        entry = self.ledger.send(id, self.name, 'socket', nonce)
        if self.write(self.event(entry)):
            self.pending[id] = entry
            self.ledger.accept(entry)
        else:
            self.ledger.forget(entry)

    def ask_marked(self, mark):
        """Sends a request that has the mark in its data. - Returns: its entry in the ledger."""
        self.count += 1
        entry = self.ledger.send(f'{self.name}-{self.count}', self.name, 'socket', self.random.getrandbits(48))
        entry.mark = mark
        # If there is no connection it goes when the session is there again.
        self.write(self.event(entry))
        self.pending[entry.id] = entry
        self.ledger.accept(entry)
        return entry

    async def post(self, entry, correlation_id):
        """Posts an event to the session until it is answered, or given up; an id makes that safe."""
        is_silent = False
        for attempt in range(3):
            if attempt:
                entry.repeats.append(monotonic())
            if entry.is_settled or entry.id not in self.pending or self.correlation_id != correlation_id:
                return
            try:
                status, _, body = await asyncio.wait_for(http.post(
                    self.target, f'/events?correlationid={quote(correlation_id)}', json.dumps(self.event(entry)).encode(),
                    {'Content-Type': 'application/cloudevents+json', 'Prefer': 'respond-async'}), 4)
            except (OSError, EOFError, ValueError, asyncio.TimeoutError) as error:
                is_silent = isinstance(error, asyncio.TimeoutError)
                self.ledger.dropped += isinstance(error, (OSError, EOFError)) and not is_silent
                if isinstance(error, ValueError):
                    self.ledger.nonsense[str(error)[:100]] += 1
                await asyncio.sleep(0.3)
                continue
            if status == 202:
                return self.ledger.accept(entry)
            self.pending.pop(entry.id, None)
            if status == 200:
                # The answer that the session has had or gets, too: the same event.
                try:
                    if not entry.outcomes:
                        self.ledger.settle(entry.id, None, nonce_of(body))
                except ValueError as error:
                    self.ledger.nonsense[str(error)] += 1
                    self.ledger.forget(entry)
                return
            return self.ledger.refuse(entry, status)
        if not entry.is_accepted:
            self.pending.pop(entry.id, None)
            self.ledger.forget(entry)
            self.ledger.unanswered += is_silent

    async def end(self):
        self.is_stopping = True
        if self.write({'specversion': '1.0', 'id': f'{self.name}-close', 'source': '/faults',
                       'type': 'switchboard.session.close'}):
            await asyncio.sleep(0.1)
        self.drop()


class Poster:
    """Events without a session: POST /events, answered in the response."""

    def __init__(self, name, ledger, target, settings, seed):
        self.name, self.ledger, self.target = name, ledger, target
        self.tls = settings.get('tls')
        self.random = random.Random(f'{seed} {name}')
        self.count = 0
        self.under_way = 0

    def ask(self):
        if self.under_way < 10:
            asyncio.create_task(self.post())

    async def post(self):
        self.count += 1
        self.under_way += 1
        id, nonce = f'{self.name}-{self.count}', self.random.getrandbits(48)
        entry = self.ledger.send(id, self.name, 'post', nonce)
        event = {'specversion': '1.0', 'id': id, 'source': '/faults', 'type': 'PingRequest', 'data': {'n': nonce}}
        try:
            status, _, body = await asyncio.wait_for(http.post(
                self.target, '/events', json.dumps(event).encode(),
                {'Content-Type': 'application/cloudevents+json'}, self.tls), POST_SECONDS_MAX)
            self.ledger.settle(id, None if status == 200 else status, nonce_of(body) if status == 200 else None)
        except asyncio.TimeoutError:
            self.ledger.unanswered += 1
            self.ledger.forget(entry)
        except (OSError, EOFError):
            # A connection that broke has promised nothing.
            self.ledger.dropped += 1
            self.ledger.forget(entry)
        except ValueError as error:
            self.ledger.nonsense[str(error)[:200]] += 1
            self.ledger.forget(entry)
        finally:
            self.under_way -= 1
