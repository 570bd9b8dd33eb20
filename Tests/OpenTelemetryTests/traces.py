"""Spans and log records out of what was exported, and the trees that they should be."""
from dataclasses import dataclass, field

from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message

import otlp

KINDS = {Message.SPAN_KIND_INTERNAL: 'INTERNAL', Message.SPAN_KIND_SERVER: 'SERVER', Message.SPAN_KIND_CLIENT: 'CLIENT',
         Message.SPAN_KIND_PRODUCER: 'PRODUCER', Message.SPAN_KIND_CONSUMER: 'CONSUMER'}
# Between the clocks of two processes of one machine, of which each adds monotonic time to its own idea of the date.
CLOCK_NANOSECONDS_MAX = 20_000_000


@dataclass(frozen=True)
class Span:
    service: str
    name: str
    kind: str
    trace: str
    id: str
    parent: str
    start: int
    end: int
    attributes: dict = field(hash=False)
    # (name, attributes)
    events: tuple = field(hash=False)
    # (trace id, span id), of those that were sampled
    links: tuple
    is_error: bool
    state: str

    @property
    def title(self):
        return f'[{self.service}] {self.name} {self.kind}'

    def has_event(self, name):
        return any(event == name for event, _ in self.events)


@dataclass(frozen=True)
class Record:
    service: str
    severity: str
    body: str
    trace: str
    span: str
    attributes: dict = field(hash=False)


def spans_of(collector):
    result = []
    for payload in collector.of('traces'):
        for resource in payload.request.resource_spans:
            service = otlp.attributes_of(resource.resource.attributes).get('service.name')
            for scope in resource.scope_spans:
                result += [span_of(service, message) for message in scope.spans]
    return result


def span_of(service, message):
    return Span(
        service, message.name, KINDS.get(message.kind, '?'), message.trace_id.hex(), message.span_id.hex(),
        message.parent_span_id.hex(), message.start_time_unix_nano, message.end_time_unix_nano,
        otlp.attributes_of(message.attributes),
        tuple((event.name, otlp.attributes_of(event.attributes)) for event in message.events),
        tuple((link.trace_id.hex(), link.span_id.hex()) for link in message.links if link.flags & 1),
        message.status.code == 2, message.trace_state)


def records_of(collector):
    result = []
    for payload in collector.of('logs'):
        for resource in payload.request.resource_logs:
            service = otlp.attributes_of(resource.resource.attributes).get('service.name')
            for scope in resource.scope_logs:
                result += [Record(service, record.severity_text, otlp.value_of(record.body), record.trace_id.hex(),
                                  record.span_id.hex(), otlp.attributes_of(record.attributes))
                           for record in scope.log_records]
    return result


def by_trace(spans):
    traces = {}
    for span in spans:
        traces.setdefault(span.trace, []).append(span)
    return traces


def orphans(spans, known=()):
    """Spans whose parent, and spans whose link's target, nobody has exported. known: (trace, span) of foreign ones."""
    there = {(span.trace, span.id) for span in spans} | set(known)
    for span in spans:
        if span.parent and (span.trace, span.parent) not in there:
            yield f'{span.title} in trace {span.trace}: its parent {span.parent} was never exported'
        for link in span.links:
            if link not in there:
                yield f'{span.title} in trace {span.trace}: it links to {link}, which was never exported'
    if len({span.id for span in spans}) < len(spans):
        yield 'a span was exported twice'


# Trees

class Node:
    """What a span should be. `linked`: it links to its parent."""

    def __init__(self, service, name, kind, *children, linked=False):
        self.service, self.name, self.kind, self.children, self.linked = service, name, kind, children, linked

    @property
    def title(self):
        return f'[{self.service}] {self.name} {self.kind}'


def way_back(answer):
    return Node('dispatcher', 'process switchboard.responses:response:dispatcher.responses', 'CONSUMER',
                Node('dispatcher', 'POST /dispatch', 'CLIENT',
                     Node('public-web', 'POST /dispatch', 'SERVER',
                          Node('public-web', f'push {answer}', 'INTERNAL'))), linked=True)


def listener():
    return Node('ping-listener', 'process switchboard.events:PingRequest:ping-listener', 'CONSUMER',
                Node('ping-listener', 'send switchboard.responses:response', 'PRODUCER', way_back('PingResponse')), linked=True)


def way_there(event, *consumers):
    return Node('public-web', 'POST /events', 'CLIENT',
                Node('dispatcher', 'POST /events', 'SERVER',
                     Node('dispatcher', f'send switchboard.events:{event}', 'PRODUCER', *consumers)))


def over_websocket():
    return Node('public-web', 'receive PingRequest', 'SERVER', way_there('PingRequest', listener()))


def over_http(route='/events', event='PingRequest', consumers=None):
    consumers = (listener(),) if consumers is None else consumers
    return Node('public-web', f'POST {route}', 'SERVER',
                Node('public-web', f'receive {event}', 'INTERNAL', way_there(event, *consumers)))


def from_the_client(gateway):
    return Node('switchboard', 'PingRequest', 'CLIENT', gateway)


def differences(spans, root, parent=''):
    """How the spans of one trace differ from a tree whose root has that parent; nothing if they are it."""
    left = list(spans)
    yield from missing(left, root, parent, None)
    for span in left:
        above = next((other.title for other in spans if other.id == span.parent), span.parent or 'none')
        yield f'more than the tree has: {span.title}, its parent: {above}'


def missing(left, node, parent, above):
    found = [span for span in left if (span.service, span.name, span.kind, span.parent) == (node.service, node.name, node.kind, parent)]
    if not found:
        yield f'missing: {node.title} below {above.title if above else parent or "nothing"}'
        return
    span = found[0]
    left.remove(span)
    if node.linked and (span.trace, parent) not in span.links:
        yield f'{span.title} does not link to its producer'
    if above and span.start < above.start - CLOCK_NANOSECONDS_MAX:
        yield f'{span.title} begins {(above.start - span.start) / 1e6} ms before its parent'
    for child in node.children:
        yield from missing(left, child, span.id, span)


def drawn(spans):
    """For a failure's text."""
    def lines(parent, depth):
        for span in sorted(spans, key=lambda one: one.start):
            if span.parent == parent or (depth == 0 and not any(other.id == span.parent for other in spans)):
                events = ''.join(f' !{name}' for name, _ in span.events)
                yield f'{"  " * depth}{span.title}{" ERROR" if span.is_error else ""}{events}'
                yield from lines(span.id, depth + 1)
    return '\n        '.join(lines('', 0))
