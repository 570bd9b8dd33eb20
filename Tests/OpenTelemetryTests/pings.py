"""Pings by the command line, by foreign clients and of foreign services, everything sampled, Prometheus beside."""
import json
import shutil

import websockets.sync.client
from opentelemetry import trace

import conventions
import foreign
import stack
import traces
from collector import until
from prometheus import Prometheus, expressions
from scenario import BAGGAGE, CLIENT_TOKEN, DATA, INTERNAL_SECRET, PLANTED, SAMPLED_CHECKS, Scenario

COUNT = 20
STATE = 'vendor=opaque-1,other=2'


class Pings(Scenario):
    NAME = 'pings'

    def prepare(self):
        self.sdk = foreign.SDK()
        self.prometheus = None
        routes = ['--routes', self.routes('PingRequest', 'ForeignRequest')]
        self.stack = stack.Stack(
            self.NAME, self.node.take_host(), self.folder, self.telemetry(TRACES_SAMPLER='always_on'),
            {'dispatcher': routes}, SWITCHBOARD_INTERNAL_SECRET=INTERNAL_SECRET).start()
        targets = {tier: f'127.0.0.1:{port}' for tier, port in self.stack.ports.items()}
        self.prometheus = Prometheus(self.folder / 'prometheus', targets, self.node.enable_prometheus())
        self.tap = foreign.Tap(self.stack.amqp)
        # By name what a foreign client sent and got.
        self.calls = {}
        self.secrets = []

    def finish(self):
        if self.prometheus is not None:
            self.prometheus.stop()
            shutil.rmtree(self.prometheus.folder / 'data', ignore_errors=True)
        super().finish()
        self.known = self.sdk.known()

    # Steps

    def the_command_line_pings(self):
        data = json.dumps({'note': DATA})
        self.pinged = {over: self.stack.ping('-c', COUNT, '-i', 0.02, '-d', data, over=over) for over in ('websocket', 'http')}

    def call(self, name, headers=(), mode='structured', **extensions):
        """Posts a ping within a span of the SDK's, whose context goes into the headers."""
        within = foreign.with_baggage(secret=BAGGAGE)
        with self.sdk.tracer.start_as_current_span(name, within, trace.SpanKind.CLIENT) as span:
            event = foreign.event(data={'note': DATA}, **extensions)
            sent = foreign.injected(trace.set_span_in_context(span, within)) | dict(headers)
            sent['Authorization'] = f'Bearer {CLIENT_TOKEN}'
            response = foreign.post(self.stack, event, sent, mode)
        return self.note(name, span, event, response, sent)

    def note(self, name, span, event, response, sent):
        self.calls[name] = {'parent': foreign.ids(span.get_span_context()), 'event': event, 'response': response, 'sent': sent}
        return self.calls[name]

    def foreign_clients_post_structured_and_binary(self):
        for mode in ('structured', 'binary'):
            self.call(mode, [('tracestate', STATE)], mode)

    def a_foreign_client_posts_an_event_with_its_own_context(self):
        """Which goes before that of the request's header."""
        with self.sdk.tracer.start_as_current_span('event') as span:
            carrier = foreign.injected(trace.set_span_in_context(span))
        call = self.call('own context', traceparent=carrier['traceparent'])
        call['own'] = foreign.ids(span.get_span_context())

    def a_foreign_client_posts_a_batch(self):
        parents, events = [], []
        for number in range(3):
            with self.sdk.tracer.start_as_current_span(f'event {number}') as span:
                carrier = foreign.injected(trace.set_span_in_context(span))
            parents.append(foreign.ids(span.get_span_context()))
            events.append(foreign.event(data=number, traceparent=carrier['traceparent']))
        body = f'[{",".join(foreign.written(event) for event in events)}]'
        answer = self.stack.post(body, {'Content-Type': 'application/cloudevents-batch+json'})
        self.batch = {'parents': parents, 'events': events, 'answer': answer}

    def a_foreign_client_connects_a_websocket(self):
        with self.sdk.tracer.start_as_current_span('handshake', kind=trace.SpanKind.CLIENT) as span:
            headers = foreign.injected(trace.set_span_in_context(span)) | {'Cookie': f'session={CLIENT_TOKEN}'}
        self.handshake = foreign.ids(span.get_span_context())
        connect = websockets.sync.client.connect
        with connect(self.stack.websocket, subprotocols=['cloudevents.json'], additional_headers=headers) as socket:
            opened = foreign.read(socket.recv())
            token = opened.get_data()['resumetoken']
            self.secrets.append(token)
            with self.sdk.tracer.start_as_current_span('websocket', kind=trace.SpanKind.CLIENT) as span:
                carrier = foreign.injected(trace.set_span_in_context(span, foreign.with_baggage(secret=BAGGAGE)))
                event = foreign.event(data={'note': DATA}, **carrier, tracestate=STATE)
                socket.send(foreign.written(event))
                answer = socket.recv()
            self.note('websocket', span, event, answer, {'traceparent': carrier['traceparent'], 'tracestate': STATE, 'baggage': carrier['baggage']})
            # The token is in the next connection's address.
            with connect(f'{self.stack.websocket}?resume={token}&after=0000000000000000', subprotocols=['cloudevents.json']) as again:
                self.resumed = foreign.read(again.recv())
                again.send(foreign.written(foreign.event('switchboard.session.close')))

    def a_foreign_service_answers(self):
        service = foreign.Service(self.stack.amqp, 'ForeignRequest', self.sdk)
        try:
            with self.sdk.tracer.start_as_current_span('asks a service', kind=trace.SpanKind.CLIENT) as span:
                event = foreign.event('ForeignRequest', {'note': DATA})
                sent = foreign.injected(trace.set_span_in_context(span))
                response = foreign.post(self.stack, event, sent)
            self.note('service', span, event, response, sent)
        finally:
            service.close()
        self.handled = service.handled

    def messages_are_looked_at(self):
        self.messages = {name: self.tap.find(call['event'].get_id()) for name, call in self.calls.items()}
        for _, event in self.messages.values():
            self.secrets.append(event['returnaddress'].split('.')[1])
        self.tap.close()

    def prometheus_scrapes(self):
        self.metrics_texts = {tier: self.stack.metrics(tier) for tier in stack.TIERS}
        self.up = self.prometheus.await_scrapes()
        self.absent = self.prometheus.await_series({metric for _, _, metrics in expressions() for metric in metrics})
        self.unanswered = []
        for where, expression, _ in expressions():
            try:
                self.prometheus.query(expression)
            except Exception as error:
                self.unanswered.append(f'{where}: {expression}: {error}')
        self.rules = [rule for group in self.prometheus.ask('rules')['groups'] for rule in group['rules']]
        self.exemplars = until(lambda: self.prometheus.exemplars('switchboard_roundtrip_seconds_bucket'), 5) or []

    STEPS = (the_command_line_pings, foreign_clients_post_structured_and_binary,
             a_foreign_client_posts_an_event_with_its_own_context, a_foreign_client_posts_a_batch,
             a_foreign_client_connects_a_websocket, a_foreign_service_answers, messages_are_looked_at, prometheus_scrapes)

    # Checks

    def every_ping_is_answered(self):
        for pinged in self.pinged.values():
            yield from pinged.problems(COUNT)

    def each_ping_has_one_trace_of_its_own(self):
        for over, tree in (('websocket', traces.over_websocket()), ('http', traces.over_http())):
            asked = [answer['id'] for answer in self.pinged[over].answers]
            found = {}
            for event_id in asked:
                of_event = {span.trace for span in self.of_event(event_id)}
                found[event_id] = of_event
                if len(of_event) != 1:
                    yield f'the ping {event_id} over {over} is in {len(of_event)} traces'
                    continue
                spans = self.traces[min(of_event)]
                different = list(traces.differences(spans, traces.from_the_client(tree)))
                if different:
                    yield f'over {over}: {"; ".join(different)}\n        {traces.drawn(spans)}'
            if len(set().union(*found.values())) != len(asked):
                yield f'{len(asked)} pings over {over} are in {len(set().union(*found.values()))} traces'

    def every_span_tells_which_event_it_is_of(self):
        for over, pinged in self.pinged.items():
            for answer in pinged.answers:
                spans, ids = self.of_event(answer['id']), {answer['id'], answer['answer']['id']}
                for span in spans:
                    yield from conventions.undone_span(span)
                    # A request can bring many events, and is none itself.
                    if conventions.is_request(span):
                        continue
                    if span.attributes.get('correlation_id') != answer['answer']['correlationid']:
                        yield f'{span.title} over {over}: correlation id {span.attributes.get("correlation_id")}'
                    if span.attributes.get('cloudevents.event_id') not in ids:
                        yield f'{span.title} over {over}: event id {span.attributes.get("cloudevents.event_id")}'
                    if span.is_error:
                        yield f'{span.title} over {over} is an error'
                if not spans:
                    yield f'the ping {answer["id"]} has no spans'

    def messages_link_to_the_handshake(self):
        for answer in self.pinged['websocket'].answers:
            for span in self.of_event(answer['id'], 'public-web'):
                if span.name != 'receive PingRequest':
                    continue
                linked = [other for other in self.spans if (other.trace, other.id) in span.links]
                if [(other.name, other.kind, other.attributes.get('http.response.status_code')) for other in linked] != [('GET /ws', 'SERVER', 101)]:
                    yield f'{span.title} links to {[other.title for other in linked]}'
                elif linked[0].end > span.start + traces.CLOCK_NANOSECONDS_MAX:
                    yield f'the handshake ends after {span.title} has begun'

    def the_handshake_joins_its_clients_trace(self):
        found = [span for span in self.spans if span.name == 'GET /ws' and (span.trace, span.parent) == self.handshake]
        if len(found) != 1:
            yield f'{len(found)} spans GET /ws below the client\'s'

    def each_step_of_a_trace_is_logged(self):
        for pinged in self.pinged.values():
            for answer in pinged.answers:
                trace_ids = {span.trace for span in self.of_event(answer['id'])}
                services = {record.service for record in self.records if record.trace in trace_ids}
                if services != set(stack.TIERS):
                    yield f'the ping {answer["id"]} has log records of {sorted(services)} only'

    def foreign_parents_are_joined(self):
        for name, tree in (('structured', traces.over_http()), ('binary', traces.over_http()), ('websocket', traces.over_websocket())):
            trace_id, span_id = self.calls[name]['parent']
            different = list(traces.differences(self.traces.get(trace_id, []), tree, span_id))
            if different:
                yield f'{name}: {"; ".join(different)}\n        {traces.drawn(self.traces.get(trace_id, []))}'

    def an_events_own_context_goes_before_the_requests(self):
        call = self.calls['own context']
        own, above = self.traces.get(call['own'][0], []), self.traces.get(call['parent'][0], [])
        if [(span.name, span.parent) for span in above] != [('POST /events', call['parent'][1])]:
            yield f'of the request: {traces.drawn(above)}'
        first = [span for span in own if span.name == 'receive PingRequest']
        if [span.parent for span in first] != [call['own'][1]]:
            yield f'of the event: {traces.drawn(own)}'
        elif not above or (above[0].trace, above[0].id) not in first[0].links:
            yield 'the event\'s span does not link to its request\'s'
        else:
            tree = traces.Node('public-web', 'receive PingRequest', first[0].kind, traces.way_there('PingRequest', traces.listener()))
            yield from traces.differences(own, tree, call['own'][1])

    def each_event_of_a_batch_has_a_trace_of_its_own(self):
        if self.batch['answer'].status != 200:
            yield f'{self.batch["answer"]}'
        for (trace_id, span_id), event in zip(self.batch['parents'], self.batch['events']):
            spans = self.traces.get(trace_id, [])
            if any(span.attributes.get('cloudevents.event_id') not in (event.get_id(), self.answers_in_batch().get(event.get_id())) for span in spans):
                yield f'a span of another event: {traces.drawn(spans)}'
            kinds = [span.kind for span in spans if span.name == 'receive PingRequest']
            tree = traces.Node('public-web', 'receive PingRequest', (kinds or ['INTERNAL'])[0], traces.way_there('PingRequest', traces.listener()))
            yield from traces.differences(spans, tree, span_id)

    def answers_in_batch(self):
        return {answer['causationid']: answer['id'] for answer in self.batch['answer'].json}

    def answers_are_cloudevents(self):
        """By the package of that name, and they say whose trace they are of."""
        for name, call in self.calls.items():
            answer = foreign.read(call['response']) if isinstance(call['response'], str) else foreign.answer_of(call['response'])
            attributes = foreign.attributes(answer)
            if attributes['causationid'] != call['event'].get_id():
                yield f'{name}: it answers {attributes["causationid"]}'
            expected = call.get('own', call['parent'])[0]
            if attributes.get('traceparent', '').split('-')[1:2] != [expected]:
                yield f'{name}: its traceparent is {attributes.get("traceparent")}, its trace {expected}'
            elif not any(span.id == attributes['traceparent'].split('-')[2] and span.name.startswith('push ') for span in self.traces.get(expected, [])):
                yield f'{name}: its traceparent names no span that pushed it'
            for extension in ('tracestate', 'baggage'):
                if attributes.get(extension) != call['sent'].get(extension):
                    yield f'{name}: its {extension} is {attributes.get(extension)!r}, not {call["sent"].get(extension)!r}'

    def messages_carry_context_in_header_and_envelope(self):
        for name, call in self.calls.items():
            message, event = self.messages[name]
            producer = [span for span in self.spans if span.kind == 'PRODUCER' and span.attributes.get('cloudevents.event_id') == call['event'].get_id()]
            wanted = [f'00-{span.trace}-{span.id}-' for span in producer]
            for where, values in (('header', message.headers), ('envelope', event)):
                if [(values.get('traceparent') or '')[:-2]] != wanted:
                    yield f'{name}: {where} traceparent is {values.get("traceparent")}, its producer {wanted}'
                for extension in ('tracestate', 'baggage'):
                    if values.get(extension) != call['sent'].get(extension):
                        yield f'{name}: {where} {extension} is {values.get(extension)!r}, not {call["sent"].get(extension)!r}'

    def states_are_told_with_the_spans(self):
        for name in ('structured', 'binary', 'websocket'):
            for span in self.traces.get(self.calls[name]['parent'][0], []):
                if span.state != STATE:
                    yield f'{name}: {span.title} has the state {span.state!r}'

    def a_foreign_service_stands_in_the_middle_of_the_trace(self):
        if len(self.handled) != 1:
            yield f'it was asked {len(self.handled)} times'
            return
        _, _, consumer, producer = self.handled[0]
        trace_id, span_id = self.calls['service']['parent']
        spans = self.traces.get(trace_id, [])
        sent = [span for span in spans if span.kind == 'PRODUCER']
        theirs = [span for span in self.sdk.exporter.get_finished_spans() if foreign.ids(span.get_span_context()) == consumer]
        if [span.id for span in sent] != [trace.format_span_id(span.parent.span_id) for span in theirs]:
            yield f'its consumer span is not below the dispatcher\'s producer span: {traces.drawn(spans)}'
        back = [span for span in spans if span.kind == 'CONSUMER']
        if [span.parent for span in back] != [producer[1]]:
            yield f'the dispatcher\'s consumer span is not below its producer span: {traces.drawn(spans)}'
            return
        below = [span for span in spans if span is back[0] or span.start >= back[0].start - traces.CLOCK_NANOSECONDS_MAX and span.name in (
            'POST /dispatch', 'push ForeignResponse')]
        yield from traces.differences(below, traces.way_back('ForeignResponse'), producer[1])
        yield from traces.differences([span for span in spans if span not in below], traces.over_http(event='ForeignRequest', consumers=()), span_id)

    def tokens_are_not_told(self):
        if not self.resumed.get_data()['resumed']:
            yield 'the session was not resumed'
        if len(self.secrets) < len(self.calls):
            yield f'only {len(self.secrets)} tokens are known'
        for tier, text in self.metrics_texts.items():
            for secret in (*self.secrets, *PLANTED):
                if secret in text:
                    yield f'{secret} is in the metrics of {tier}'
        yield from self.told(self.secrets)

    def all_tiers_are_up_to_Prometheus(self):
        for job in sorted(self.prometheus.jobs):
            if not self.up.get(job):
                yield f'{job} is not up'

    def what_dashboards_and_rules_name_has_values(self):
        yield from (f'{name} has no value' for name in sorted(self.absent))
        yield from self.unanswered
        if not self.rules:
            yield 'Prometheus has no rules'
        for rule in self.rules:
            if rule['health'] == 'err':
                yield f'{rule["name"]}: {rule.get("lastError")}'

    def exemplars_lead_to_traces(self):
        if not self.exemplars:
            yield 'switchboard_roundtrip_seconds has no exemplars'
        for exemplar in self.exemplars:
            labels = exemplar['labels']
            if labels.get('trace_id') not in self.traces:
                yield f'{labels} is of no trace that was exported'
        exported = [exemplar for metric, point in self.data_points() if metric.name.startswith('switchboard_roundtrip') for exemplar in point.exemplars]
        if not exported:
            yield 'none was exported over OTLP'
        for exemplar in exported:
            if exemplar.trace_id.hex() not in self.traces:
                yield f'{exemplar.trace_id.hex()} is of no trace that was exported'

    CHECKS = (every_ping_is_answered, *SAMPLED_CHECKS, Scenario.every_program_exports,
              each_ping_has_one_trace_of_its_own,
              every_span_tells_which_event_it_is_of, messages_link_to_the_handshake, the_handshake_joins_its_clients_trace,
              each_step_of_a_trace_is_logged, foreign_parents_are_joined, an_events_own_context_goes_before_the_requests,
              each_event_of_a_batch_has_a_trace_of_its_own, answers_are_cloudevents,
              messages_carry_context_in_header_and_envelope, states_are_told_with_the_spans,
              a_foreign_service_stands_in_the_middle_of_the_trace, tokens_are_not_told, all_tiers_are_up_to_Prometheus,
              what_dashboards_and_rules_name_has_values, exemplars_lead_to_traces)
