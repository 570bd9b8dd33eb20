"""OTLP/HTTP JSON, parsed by the official protobuf classes, and the rules of the protocol that a parser does not know."""
import base64
import json
import math
import re

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_UNSPECIFIED
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

REQUESTS = {'traces': ExportTraceServiceRequest, 'logs': ExportLogsServiceRequest, 'metrics': ExportMetricsServiceRequest}
# In hexadecimal, where protobuf's mapping of bytes has base64.
ID_DIGITS = {'traceId': 32, 'spanId': 16, 'parentSpanId': 16}
ENUMERATIONS = {'kind', 'code', 'severityNumber', 'aggregationTemporality'}
RESOURCE_ATTRIBUTES = {'service.name', 'service.instance.id', 'host.name'}
METRIC_NAME = re.compile(r'[A-Za-z][A-Za-z0-9_./-]{0,254}')
SEVERITY_MAX = 24
# The flags of the W3C, and whether the parent is remote, and known to be.
FLAGS = 0x3FF


def parse(signal, body):
    """The request in a payload. Raises ValueError if it is none."""
    tree = json.loads(body.decode(), object_pairs_hook=without_duplicates, parse_constant=no_json)
    request = REQUESTS[signal]()
    try:
        # An unknown field is an error.
        json_format.ParseDict(as_protobuf_has_it(tree), request)
    except json_format.ParseError as error:
        raise ValueError(str(error)) from error
    return request


def without_duplicates(pairs):
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError(f'a member stands twice: {[name for name, _ in pairs]}')
    return members


def no_json(text):
    raise ValueError(f'{text} is no JSON')


def as_protobuf_has_it(value):
    """Ids in base64. Raises ValueError for what OTLP/JSON does not allow although protobuf's mapping does."""
    if isinstance(value, list):
        return [as_protobuf_has_it(element) for element in value]
    if not isinstance(value, dict):
        return value
    result = {}
    for name, inner in value.items():
        if '_' in name:
            raise ValueError(f'{name} is not in lowerCamelCase')
        if name in ENUMERATIONS and not isinstance(inner, int):
            raise ValueError(f'{name} is {inner!r}; enumerations are numbers')
        if name in ID_DIGITS and inner != '':
            if not re.fullmatch(r'[0-9a-fA-F]{%d}' % ID_DIGITS[name], inner):
                raise ValueError(f'{name} is {inner!r}')
            inner = base64.b64encode(bytes.fromhex(inner)).decode()
        result[name] = as_protobuf_has_it(inner)
    return result


def value_of(any_value):
    kind = any_value.WhichOneof('value')
    if kind == 'array_value':
        return [value_of(element) for element in any_value.array_value.values]
    return None if kind is None else getattr(any_value, kind)


def attributes_of(pairs):
    return {pair.key: value_of(pair.value) for pair in pairs}


# Rules. Each yields what is broken.

def broken_rules(signal, request):
    groups = {'traces': ('resource_spans', 'scope_spans', 'spans', broken_span),
              'logs': ('resource_logs', 'scope_logs', 'log_records', broken_log),
              'metrics': ('resource_metrics', 'scope_metrics', 'metrics', broken_metric)}
    resources, scopes, items, rule = groups[signal]
    if not getattr(request, resources):
        yield 'an empty request'
    for resource in getattr(request, resources):
        yield from broken_resource(resource.resource)
        for scope in getattr(resource, scopes):
            if not scope.scope.name:
                yield 'a scope without a name'
            if not getattr(scope, items):
                yield f'a scope without {items}'
            for item in getattr(scope, items):
                yield from rule(item)
            if signal == 'metrics':
                names = [metric.name for metric in scope.metrics]
                if len(set(names)) < len(names):
                    yield 'a metric stands twice'


def broken_resource(resource):
    yield from broken_attributes(resource.attributes, 'resource')
    attributes = attributes_of(resource.attributes)
    for name in sorted(RESOURCE_ATTRIBUTES):
        if not attributes.get(name):
            yield f'a resource without {name}'


def broken_attributes(pairs, where):
    keys = [pair.key for pair in pairs]
    if len(set(keys)) < len(keys):
        yield f'{where}: an attribute stands twice: {keys}'
    for pair in pairs:
        if not pair.key or value_of(pair.value) is None:
            yield f'{where}: attribute {pair.key!r} is empty'


def broken_ids(item, where):
    if len(item.trace_id) != 16 or not any(item.trace_id):
        yield f'{where}: trace id {item.trace_id.hex()!r}'
    if len(item.span_id) != 8 or not any(item.span_id):
        yield f'{where}: span id {item.span_id.hex()!r}'


def broken_span(span):
    where = f'span {span.name!r}'
    yield from broken_ids(span, where)
    yield from broken_attributes(span.attributes, where)
    if span.parent_span_id and (len(span.parent_span_id) != 8 or not any(span.parent_span_id)):
        yield f'{where}: parent {span.parent_span_id.hex()!r}'
    if not span.name:
        yield 'a span without a name'
    if span.kind == Span.SPAN_KIND_UNSPECIFIED or span.kind not in Span.SpanKind.values():
        yield f'{where}: kind {span.kind}'
    if not 0 < span.start_time_unix_nano <= span.end_time_unix_nano:
        yield f'{where}: from {span.start_time_unix_nano} to {span.end_time_unix_nano}'
    if span.flags & ~FLAGS:
        yield f'{where}: flags {span.flags:#x}'
    if not span.flags & 1:
        yield f'{where}: not sampled, and exported'
    if span.status.code not in Status.StatusCode.values() or (span.status.message and span.status.code != Status.STATUS_CODE_ERROR):
        yield f'{where}: status {span.status.code} {span.status.message!r}'
    for event in span.events:
        yield from broken_attributes(event.attributes, f'{where}, event {event.name!r}')
        if not event.name or not span.start_time_unix_nano <= event.time_unix_nano <= span.end_time_unix_nano:
            yield f'{where}: event {event.name!r} at {event.time_unix_nano}, not within the span'
    for link in span.links:
        yield from broken_ids(link, f'{where}, link')
        yield from broken_attributes(link.attributes, f'{where}, link')


def broken_log(record):
    where = f'log record {value_of(record.body)!r}'
    yield from broken_attributes(record.attributes, where)
    if not value_of(record.body):
        yield 'a log record without a body'
    if not record.time_unix_nano or not record.observed_time_unix_nano:
        yield f'{where}: without a time'
    if not 1 <= record.severity_number <= SEVERITY_MAX or not record.severity_text:
        yield f'{where}: severity {record.severity_number} {record.severity_text!r}'
    if record.trace_id or record.span_id:
        yield from broken_ids(record, where)
    if record.flags & ~0xFF:
        yield f'{where}: flags {record.flags:#x}'


def broken_metric(metric):
    where = f'metric {metric.name!r}'
    kind = metric.WhichOneof('data')
    if not METRIC_NAME.fullmatch(metric.name):
        yield f'{where}: no name for a metric'
    if not metric.description:
        yield f'{where}: without a description'
    if kind not in ('gauge', 'sum', 'histogram'):
        yield f'{where}: data {kind}'
        return
    data = getattr(metric, kind)
    if not data.data_points:
        yield f'{where}: without data points'
    if kind != 'gauge' and data.aggregation_temporality == AGGREGATION_TEMPORALITY_UNSPECIFIED:
        yield f'{where}: without temporality'
    series = [tuple(sorted(attributes_of(point.attributes).items())) for point in data.data_points]
    if len(set(series)) < len(series):
        yield f'{where}: a series stands twice'
    for point in data.data_points:
        yield from broken_attributes(point.attributes, where)
        if not point.time_unix_nano:
            yield f'{where}: without a time'
        if kind == 'histogram' or (kind == 'sum' and data.is_monotonic):
            if not 0 < point.start_time_unix_nano <= point.time_unix_nano:
                yield f'{where}: from {point.start_time_unix_nano} to {point.time_unix_nano}'
        if kind == 'histogram':
            yield from broken_histogram(point, where)
        else:
            yield from broken_number(point, where, must_not_be_negative=kind == 'sum' and data.is_monotonic)


def number_of(point):
    kind = point.WhichOneof('value')
    return None if kind is None else getattr(point, kind)


def broken_number(point, where, must_not_be_negative):
    number = number_of(point)
    if number is None or not math.isfinite(number) or (must_not_be_negative and number < 0):
        yield f'{where}: {number}'


def broken_histogram(point, where):
    bounds = list(point.explicit_bounds)
    if len(point.bucket_counts) != len(bounds) + 1:
        yield f'{where}: {len(point.bucket_counts)} buckets between {len(bounds)} bounds'
    if sum(point.bucket_counts) != point.count:
        yield f'{where}: {point.count} values, {sum(point.bucket_counts)} in buckets'
    if any(low >= high for low, high in zip(bounds, bounds[1:])):
        yield f'{where}: bounds {bounds}'
    if not math.isfinite(point.sum) or (point.count == 0 and point.sum != 0):
        yield f'{where}: {point.count} values with the sum {point.sum}'
    for exemplar in point.exemplars:
        yield from broken_ids(exemplar, f'{where}, exemplar')
        if not point.start_time_unix_nano <= exemplar.time_unix_nano <= point.time_unix_nano:
            yield f'{where}: an exemplar of {exemplar.time_unix_nano}, not within the time of its point'
        if number_of(exemplar) is None:
            yield f'{where}: an exemplar without a value'
