"""What goes wrong shows in the trace of the event that it befalls, as a span event or an error."""
import datetime
import json
import signal
import socket
import time
import uuid

import websockets.sync.client

import foreign
import stack
import traces
from collector import until
from scenario import DATA, SAMPLED_CHECKS, Scenario

# An answer is larger than what may wait for a slow client here.
BIG_BYTES, BIG_COUNT = 40_000, 60
SOFT_LIMIT = '16KiB'


def in_seconds(seconds):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.isoformat(timespec='milliseconds').replace('+00:00', 'Z')


class Failures(Scenario):
    NAME = 'failures'

    def prepare(self):
        routes = ['--routes', self.routes('PingRequest', 'NobodyRequest')]
        self.stack = stack.Stack(
            self.NAME, self.node.take_host(), self.folder, self.telemetry(TRACES_SAMPLER='always_on'),
            {'dispatcher': routes, 'public-web': ['--output-soft', SOFT_LIMIT, '--dispatcher-wait', '8s']}).start()
        # Not of all events: nobody is to get the NobodyRequest.
        self.tap = foreign.Tap(self.stack.amqp, routing_key='PingRequest')
        # By name an event and what it got.
        self.calls = {}

    def post(self, name, kind='PingRequest', **extensions):
        event = foreign.event(kind, {'note': DATA}, **extensions)
        self.calls[name] = event, foreign.post(self.stack, event)

    # Steps

    def nobody_listens(self):
        self.post('nobody', 'NobodyRequest')

    def there_is_no_route(self):
        self.post('no route', 'UnknownRequest')

    def a_listener_is_killed_with_events_in_hand(self):
        """It is stopped before they come, so that it has them and has done nothing about them."""
        if not until(lambda: self.tap.consumers('ping-listener') == 1, 10):
            raise RuntimeError('the listener does not consume')
        self.stack.hold('ping-listener')
        try:
            again = stack.Background(self.post, 'redelivered')
            # Its deadline passes while it is in the listener's hands; in the tap's queue it lives no longer either.
            late = stack.Background(self.post, 'expired', expirytime=in_seconds(4))
            if not until(self.both_are_published, 10) or not until(lambda: self.tap.ready('ping-listener') == 0, 20):
                seen, ready = sum(len(message.events) for message in self.tap.messages), self.tap.ready('ping-listener')
                raise RuntimeError(f'the listener was not given the events: {seen} seen, {ready} ready')
            late.result()
        finally:
            self.stack.end('ping-listener', signal.SIGKILL)
            self.stack.start('ping-listener')
        again.result()

    def both_are_published(self):
        """By the tap's copies."""
        method, properties, body = self.tap.channel.basic_get(self.tap.queue, auto_ack=True)
        if method is not None:
            self.tap.messages.append(foreign.Message(method, properties, body))
        return sum(len(message.events) for message in self.tap.messages) >= 2

    def the_dispatcher_is_away_for_a_while(self):
        self.stack.end('dispatcher')
        asked = stack.Background(self.post, 'retried')
        # Some attempts: the first pauses between them are of milliseconds.
        time.sleep(0.7)
        self.stack.start('dispatcher')
        asked.result()

    def the_dispatcher_is_away_for_good(self):
        self.stack.end('dispatcher')
        self.post('no dispatcher')
        self.stack.start('dispatcher')

    def a_client_does_not_read(self):
        """Answers of more than its connection takes wait at the dispatcher, and are there when it reads again."""
        address = ('127.0.0.1', self.stack.public_port)
        with socket.socket() as raw:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            raw.connect(address)
            # One buffered message: what it has not been asked for stays in the sockets.
            with websockets.sync.client.connect(self.stack.websocket, sock=raw, max_queue=1, max_size=None) as client:
                client.recv()
                asked = {}
                for number in range(BIG_COUNT):
                    event = foreign.event(data='x' * BIG_BYTES)
                    asked[event.get_id()] = event
                    client.send(foreign.written(event))
                held = until(lambda: self.stack.metric('dispatcher', 'switchboard_answers_held'), 10)
                self.slow = {'held': held, 'asked': asked, 'answered': []}
                while len(self.slow['answered']) < BIG_COUNT:
                    answer = json.loads(client.recv(timeout=20))
                    self.slow['answered'].append(answer.get('causationid'))

    def an_answer_finds_nobody(self):
        """With the return address of a public-web that has ended."""
        event = foreign.event()
        foreign.post(self.stack, event)
        _, request = self.tap.find(event.get_id())
        self.statuses['public-web, ended first'] = self.stack.end('public-web')
        self.lost = foreign.made_up_parent(sampled=True)
        self.known.append(tuple(self.lost.split('-')[1:3]))
        answer = {name: request[name] for name in ('returnaddress', 'correlationid')} | {
            'specversion': '1.0', 'id': str(uuid.uuid4()), 'source': '/foreign-service', 'type': 'PingResponse',
            'causationid': request['id'], 'traceparent': self.lost, 'expirytime': in_seconds(1), 'data': DATA}
        self.tap.publish(foreign.RESPONSES, 'response', json.dumps(answer), {'traceparent': self.lost})
        until(lambda: self.stack.metric('dispatcher', 'switchboard_answers_dead_lettered_total'), 20)

    def an_answer_is_forged(self):
        self.forged = foreign.made_up_parent(sampled=True)
        self.known.append(tuple(self.forged.split('-')[1:3]))
        answer = {'specversion': '1.0', 'id': str(uuid.uuid4()), 'source': '/foreign-service', 'type': 'PingResponse',
                  'correlationid': 'nobody', 'causationid': 'nothing', 'traceparent': self.forged, 'data': DATA,
                  'returnaddress': 'http://127.0.0.1:1'}
        before = self.stack.metric('dispatcher', 'switchboard_answers_forged_total')
        self.tap.publish(foreign.RESPONSES, 'response', json.dumps(answer), {'traceparent': self.forged})
        until(lambda: self.stack.metric('dispatcher', 'switchboard_answers_forged_total') > before, 10)
        self.tap.close()

    STEPS = (nobody_listens, there_is_no_route, a_listener_is_killed_with_events_in_hand, the_dispatcher_is_away_for_a_while,
             the_dispatcher_is_away_for_good, a_client_does_not_read, an_answer_finds_nobody, an_answer_is_forged)

    # Checks

    def shows(self, name, status, tree, errors=(), events=()):
        """errors, events: (service, first word of the span's name) and what; all others have none of either."""
        event, response = self.calls[name]
        spans = self.of_event(event.get_id())
        if response.status != status:
            yield f'{name}: {response}'
        problem = {} if status == 200 else response.json
        if problem and problem.get('traceid') not in {span.trace for span in spans}:
            yield f'{name}: the problem says its trace is {problem.get("traceid")}'
        yield from (f'{name}: {different}\n        {traces.drawn(spans)}' for different in traces.differences(spans, tree))
        yield from self.only(name, spans, errors, events)

    def only(self, name, spans, errors, events):
        failed = {(span.service, span.name.partition(' ')[0], span.attributes.get('error.type')) for span in spans if span.is_error}
        if failed != set(errors):
            yield f'{name}: errors are {sorted(failed, key=str)}, not {sorted(errors)}\n        {traces.drawn(spans)}'
        told = {(span.service, span.name.partition(' ')[0], event) for span in spans for event, _ in span.events}
        if told != set(events):
            yield f'{name}: span events are {sorted(told)}, not {sorted(events)}\n        {traces.drawn(spans)}'

    def an_event_that_nobody_listens_to(self):
        kind = 'no-listener'
        yield from self.shows(
            'nobody', 503, traces.over_http(event='NobodyRequest', consumers=()),
            errors=[('public-web', 'POST', '503'), ('public-web', 'POST', kind), ('public-web', 'receive', kind),
                    ('dispatcher', 'POST', '503'), ('dispatcher', 'send', kind)],
            events=[('dispatcher', 'send', 'returned')])

    def an_event_without_a_route(self):
        """The client's mistake, and no server's error."""
        event, response = self.calls['no route']
        spans = self.of_event(event.get_id())
        if response.status != 422 or not spans:
            yield f'{response}: {traces.drawn(spans)}'
        for span in spans:
            if span.kind == 'SERVER' and span.name == 'POST /events' and span.service == 'public-web' and span.is_error:
                yield f'{span.title} is an error'

    def an_event_that_is_delivered_again(self):
        yield from self.shows('redelivered', 200, traces.over_http(), events=[('ping-listener', 'process', 'redelivered')])

    def an_event_whose_deadline_has_passed(self):
        event, response = self.calls['expired']
        spans = self.of_event(event.get_id())
        if response.status != 504:
            yield f'{response}'
        for span in spans:
            if span.name == 'receive PingRequest' and (not span.is_error or not span.has_event('deadline')):
                yield f'{span.title} has no deadline'
            if span.name == 'POST /events' and span.service == 'public-web' and span.kind == 'SERVER' and (
                    not span.is_error or span.attributes.get('http.response.status_code') != 504):
                yield f'{span.title} has no status 504'
            if span.service == 'ping-listener' and not (span.is_error and span.has_event('deadline') and span.has_event('redelivered')):
                yield f'{span.title} has not both that it was delivered again and too late'
        if not {'receive PingRequest', 'POST /events'} <= {span.name for span in spans}:
            yield f'its trace: {traces.drawn(spans)}'

    def an_event_that_waits_for_a_dispatcher(self):
        yield from self.shows('retried', 200, traces.over_http(), events=[('public-web', 'POST', 'retry')])
        for span in self.of_event(self.calls['retried'][0].get_id(), 'public-web'):
            if span.has_event('retry') and (span.name, span.kind) != ('POST /events', 'CLIENT'):
                yield f'{span.title} has the retries'

    def an_event_without_a_dispatcher(self):
        kind = 'dispatcher-unavailable'
        tree = traces.Node('public-web', 'POST /events', 'SERVER', traces.Node(
            'public-web', 'receive PingRequest', 'INTERNAL', traces.Node('public-web', 'POST /events', 'CLIENT')))
        yield from self.shows(
            'no dispatcher', 503, tree,
            errors=[('public-web', 'POST', '503'), ('public-web', 'POST', kind), ('public-web', 'receive', kind)],
            events=[('public-web', 'POST', 'retry')])

    def answers_that_a_slow_client_holds_up(self):
        if not self.slow['held']:
            yield 'no answer was held'
        if sorted(self.slow['answered']) != sorted(self.slow['asked']):
            yield f'{len(self.slow["answered"])} answers to {len(self.slow["asked"])} events'
        held = 0
        for event_id in self.slow['asked']:
            spans = self.of_event(event_id)
            if not spans:
                yield 'an event has no trace'
            held += any(span.has_event('held') and span.name == 'POST /dispatch' and span.kind == 'CLIENT' for span in spans)
            # Offers that were refused are there, too, but one was not.
            pushed = [span for span in spans if span.name == 'push PingResponse' and not span.is_error]
            if len(pushed) != 1:
                yield f'pushed {len(pushed)} times: {traces.drawn(spans)}'
        if not held:
            yield 'no span has the event held'

    def an_answer_that_finds_nobody(self):
        spans = self.traces.get(self.lost.split('-')[1], [])
        yield from self.only('its trace', spans, errors=[
            ('dispatcher', 'process', 'unavailable'), ('dispatcher', 'POST', 'unavailable')],
            events=[('dispatcher', 'process', 'dead-lettered'), ('dispatcher', 'POST', 'retry')])

    def an_answer_that_is_forged(self):
        spans = self.traces.get(self.forged.split('-')[1], [])
        if not any(span.kind == 'CONSUMER' and span.is_error and span.has_event('dead-lettered') for span in spans):
            yield f'no span says that it was dead-lettered: {traces.drawn(spans)}'

    def failures_are_logged_with_their_traces(self):
        """What failed between the tiers is a warning or an error that leads to the trace."""
        for name in ('no dispatcher',):
            found = {span.trace for span in self.of_event(self.calls[name][0].get_id())}
            if not any(record.trace in found and record.severity in ('WARN', 'ERROR') for record in self.records):
                yield f'{name}: no record of its trace {found}'

    CHECKS = (*SAMPLED_CHECKS, an_event_that_nobody_listens_to, an_event_without_a_route, an_event_that_is_delivered_again,
              an_event_whose_deadline_has_passed, an_event_that_waits_for_a_dispatcher, an_event_without_a_dispatcher,
              answers_that_a_slow_client_holds_up, an_answer_that_finds_nobody, an_answer_that_is_forged,
              failures_are_logged_with_their_traces)
