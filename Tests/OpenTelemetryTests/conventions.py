"""The names of OpenTelemetry's semantic conventions, out of the official package; deprecated ones are not among them."""
import ast
import importlib
import pkgutil
from pathlib import Path

import opentelemetry.semconv._incubating.attributes
import opentelemetry.semconv._incubating.metrics
import opentelemetry.semconv.attributes
import opentelemetry.semconv.metrics
from opentelemetry.semconv._incubating.attributes import http_attributes, messaging_attributes

# Ours. The event's id and type have names of the conventions (cloudevents.event_id) on spans.
OWN_SPAN_ATTRIBUTES = {'correlation_id', 'delivery_count', 'reason'}
OWN_LOG_ATTRIBUTES = {'correlation_id', 'event_id'}
OWN_METRIC_PREFIX = 'switchboard_'

INTEGERS = {'http.response.status_code', 'server.port', 'messaging.message.body.size', 'messaging.batch.message_count',
            'messaging.rabbitmq.message.delivery_tag', 'process.pid', 'http.request.resend_count', 'network.peer.port',
            'client.port'}


def constants(package):
    """The values of a package's constants, but those whose documentation begins with Deprecated."""
    names = set()
    for module in pkgutil.iter_modules(package.__path__):
        path = Path(importlib.import_module(f'{package.__name__}.{module.name}').__file__)
        body = ast.parse(path.read_text()).body
        for statement, after in zip(body, [*body[1:], None]):
            value = getattr(statement, 'value', None)
            if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or not isinstance(value, ast.Constant):
                continue
            said = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ''
            if isinstance(value.value, str) and not said.strip().startswith('Deprecated'):
                names.add(value.value)
    return names


ATTRIBUTES = constants(opentelemetry.semconv.attributes) | constants(opentelemetry.semconv._incubating.attributes)
METRICS = constants(opentelemetry.semconv.metrics) | constants(opentelemetry.semconv._incubating.metrics)
VALUES = {
    'messaging.system': {'rabbitmq'},
    'messaging.operation.type': {value.value for value in messaging_attributes.MessagingOperationTypeValues},
    'http.request.method': {value.value for value in http_attributes.HttpRequestMethodValues},
}


def wrong_attributes(attributes, own, where):
    for name, value in attributes.items():
        if name not in ATTRIBUTES and name not in own:
            yield f'{where}: {name} is not in the conventions'
        elif name in VALUES and value not in VALUES[name]:
            yield f'{where}: {name} is {value!r}, not one of {sorted(VALUES[name])}'
        elif name in INTEGERS and not (isinstance(value, int) and not isinstance(value, bool)):
            yield f'{where}: {name} is {value!r}, no number'


EVENT = {'correlation_id', 'cloudevents.event_id', 'cloudevents.event_type'}
HTTP_SERVER = {'http.request.method', 'http.route', 'http.response.status_code', 'url.path', 'url.scheme'}
HTTP_CLIENT = {'http.request.method', 'url.full', 'server.address', 'server.port', 'http.response.status_code'}
MESSAGING = {'messaging.system', 'messaging.operation.name', 'messaging.operation.type', 'messaging.destination.name',
             'messaging.rabbitmq.destination.routing_key', 'messaging.message.id', 'messaging.message.conversation_id',
             'messaging.message.body.size'}
CONSUMER = MESSAGING | {'messaging.rabbitmq.message.delivery_tag'}


def is_request(span):
    """The span of a client's whole HTTP request, and not of an event between tiers."""
    return span.service == 'public-web' and span.kind == 'SERVER' and 'http.route' in span.attributes and span.name != 'POST /dispatch'


def wanted_attributes(span):
    """Those that a span of an event, of the tree, must have."""
    if span.kind == 'PRODUCER':
        return EVENT | MESSAGING
    if span.kind == 'CONSUMER':
        return EVENT | CONSUMER
    if is_request(span):
        return HTTP_SERVER
    if span.name.startswith('POST '):
        return EVENT | (HTTP_SERVER if span.kind == 'SERVER' else HTTP_CLIENT)
    return EVENT


def wrong_span(span):
    yield from wrong_attributes(span.attributes, OWN_SPAN_ATTRIBUTES, span.title)
    for name, attributes in span.events:
        yield from wrong_attributes(attributes, OWN_SPAN_ATTRIBUTES, f'{span.title}, event {name}')
    if span.is_error and 'error.type' not in span.attributes:
        yield f'{span.title}: an error without error.type'
    if 'error.type' in span.attributes and not span.is_error:
        yield f'{span.title}: error.type {span.attributes["error.type"]}, and no error'
    status = span.attributes.get('http.response.status_code')
    if status is not None:
        # 4xx is the client's error, and no server's. A batch's response of 200 or 207 names the events that failed.
        fails = status >= 500 or (status >= 400 and span.kind == 'CLIENT')
        may_fail = fails or (status in (200, 207) and span.kind == 'CLIENT')
        if fails and not span.is_error or span.is_error and not may_fail:
            yield f'{span.title}: status code {status}, error {span.is_error}'
    if span.kind in ('PRODUCER', 'CONSUMER'):
        operation, destination = span.name.split(' ', 1)
        said = [span.attributes.get(f'messaging.{name}') for name in ('operation.name', 'operation.type', 'destination.name')]
        if said != [operation, operation, destination]:
            yield f'{span.title}: operation and destination are {said}'
        yield from undone_span(span)


def undone_span(span):
    """Wanted attributes that a span of an event does not have."""
    absent = wanted_attributes(span) - set(span.attributes)
    if absent:
        yield f'{span.title} has no {", ".join(sorted(absent))}'
