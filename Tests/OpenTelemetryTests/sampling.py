"""What is not sampled goes on as it came; who decides, and that the decision goes on."""
import foreign
import stack
import traces
from scenario import SAMPLED_CHECKS, Scenario

STATE, BAGGAGE = 'vendor=1,other=2', 'tenant=seven,tier=gold'


class Sampling(Scenario):
    def prepare(self):
        self.stack = stack.Stack(self.NAME, self.node.take_host(), self.folder, self.telemetry(**self.SAMPLER)).start()
        self.tap = foreign.Tap(self.stack.amqp)
        # By name an event, what it came with, its answer, and the message and event that a service sees.
        self.calls = {}

    def call(self, name, parent, where):
        """A ping with a context of nobody's, in the headers or in the event."""
        carried = {} if parent is None else {'traceparent': parent, 'tracestate': STATE, 'baggage': BAGGAGE}
        event = foreign.event(**(carried if where == 'event' else {}))
        response = foreign.post(self.stack, event, carried if where == 'headers' else {})
        answer = foreign.attributes(foreign.answer_of(response))
        self.calls[name] = event, carried, answer, *self.tap.find(event.get_id())

    def goes_on_unchanged(self, name):
        _, carried, answer, message, event = self.calls[name]
        for where, values in (('message header', message.headers), ('envelope', event), ('answer', answer)):
            for key, value in carried.items():
                if values.get(key) != value:
                    yield f'{name}: {where} {key} is {values.get(key)!r}, not {value!r}'

    def decided_here(self, name):
        """No parent: the decision not to sample goes on, so that nobody after it begins a trace."""
        _, _, answer, message, event = self.calls[name]
        contexts = {values.get('traceparent') for values in (message.headers, event, answer)}
        if len(contexts) != 1 or not all(context and context.endswith('-00') or context and context.endswith('-02') for context in contexts):
            yield f'{name}: the context that goes on is {contexts}'

    def finish(self):
        self.tap.close()
        super().finish()


class Unsampled(Sampling):
    NAME = 'unsampled'
    SAMPLER = {'TRACES_SAMPLER': 'traceidratio', 'TRACES_SAMPLER_ARG': '0'}

    def events_come_in_every_way(self):
        for where in ('headers', 'event'):
            for sampled in (True, False):
                self.call(f'{"" if sampled else "un"}sampled parent in {where}', foreign.made_up_parent(sampled), where)
        self.call('no parent', None, 'headers')
        self.pinged = self.stack.ping('-c', 5, '-i', 0.01)

    STEPS = (events_come_in_every_way,)

    def every_ping_is_answered(self):
        yield from self.pinged.problems(5)

    def there_are_no_spans(self):
        yield from (span.title for span in self.spans)
        if not self.collector.of('logs') or not self.collector.of('metrics'):
            yield 'there are no logs or metrics either'

    def contexts_go_on_unchanged(self):
        for name in self.calls:
            yield from self.goes_on_unchanged(name)

    def a_decision_made_here_goes_on(self):
        yield from self.decided_here('no parent')

    CHECKS = (Scenario.programs_end_well, every_ping_is_answered, there_are_no_spans, contexts_go_on_unchanged,
              a_decision_made_here_goes_on)


class Parents(Sampling):
    NAME = 'parents'
    # The parent decides; what has none is not sampled.
    SAMPLER = {'TRACES_SAMPLER': 'parentbased_traceidratio', 'TRACES_SAMPLER_ARG': '0'}

    def events_come_with_and_without(self):
        for where in ('headers', 'event'):
            for sampled in (True, False):
                parent = foreign.made_up_parent(sampled)
                self.known.append(tuple(parent.split('-')[1:3]))
                self.call(f'{"" if sampled else "un"}sampled parent in {where}', parent, where)
        self.call('no parent', None, 'headers')

    STEPS = (events_come_with_and_without,)

    def a_sampled_parent_is_followed(self):
        for where in ('headers', 'event'):
            _, carried, answer, message, event = self.calls[f'sampled parent in {where}']
            _, trace_id, span_id, _ = carried['traceparent'].split('-')
            spans = self.traces.get(trace_id, [])
            if where == 'headers':
                yield from traces.differences(spans, traces.over_http(), span_id)
            else:
                first = [span.kind for span in spans if span.name == 'receive PingRequest' and span.parent == span_id]
                tree = traces.Node('public-web', 'receive PingRequest', (first or ['INTERNAL'])[0], traces.way_there('PingRequest', traces.listener()))
                yield from traces.differences(spans, tree, span_id)
            for span in spans:
                if span.state != STATE:
                    yield f'{where}: {span.title} has the state {span.state!r}'
            for place, values in (('message header', message.headers), ('envelope', event), ('answer', answer)):
                if (values.get('traceparent') or '')[:36] != f'00-{trace_id}-' or (values['traceparent'][36:52] == span_id):
                    yield f'{where}: {place} traceparent is {values.get("traceparent")}'
                for key in ('tracestate', 'baggage'):
                    if values.get(key) != carried[key]:
                        yield f'{where}: {place} {key} is {values.get(key)!r}'

    def an_unsampled_parent_is_followed(self):
        for where in ('headers', 'event'):
            name = f'unsampled parent in {where}'
            yield from self.goes_on_unchanged(name)
            trace_id = self.calls[name][1]['traceparent'].split('-')[1]
            yield from (f'{where}: {span.title}' for span in self.traces.get(trace_id, []))

    def what_has_no_parent_is_not_sampled(self):
        yield from self.decided_here('no parent')
        sampled = {self.calls[f'sampled parent in {where}'][1]['traceparent'].split('-')[1] for where in ('headers', 'event')}
        yield from (span.title for span in self.spans if span.trace not in sampled)

    CHECKS = (*SAMPLED_CHECKS, a_sampled_parent_is_followed, an_unsampled_parent_is_followed, what_has_no_parent_is_not_sampled)
