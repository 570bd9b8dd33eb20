"""What the scenarios share: how they run, and the checks that hold in each in which something is sampled."""
import json
import re

import conventions
import otlp
import stack
import traces
from collector import Collector

QUICK = {'BSP_SCHEDULE_DELAY': '100', 'BLRP_SCHEDULE_DELAY': '100', 'METRIC_EXPORT_INTERVAL': '500'}
# Planted where a tier sees them, and to be found in nothing that it exports or prints. What a client says it may print.
COLLECTOR_TOKEN, INTERNAL_SECRET = 'planted-collector-token', 'planted-internal-secret'
CLIENT_TOKEN, DATA, BAGGAGE = 'planted-client-token', 'planted-event-data', 'planted-baggage'
PLANTED = (COLLECTOR_TOKEN, INTERNAL_SECRET, CLIENT_TOKEN, DATA, BAGGAGE, stack.PASSWORD)


class Scenario:
    NAME = ''
    HOSTS = 1
    # Functions that make events happen. One that fails does not keep the next from running.
    STEPS = ()
    CHECKS = ()

    def __init__(self, node, kept):
        self.node, self.folder = node, kept
        self.collector = Collector()
        self.broken = {}
        self.statuses = {}
        # (trace, span) of spans that others made.
        self.known = []

    def telemetry(self, **variables):
        return QUICK | {
            'EXPORTER_OTLP_ENDPOINT': self.collector.url,
            'EXPORTER_OTLP_HEADERS': f'authorization=Bearer%20{COLLECTOR_TOKEN}'} | variables

    def routes(self, *types):
        path = self.folder / f'{self.NAME}-routes.json'
        path.write_text(json.dumps({'routes': [{'type': kind} for kind in types]}))
        return path

    def prepare(self):
        """Sets self.stack."""

    def finish(self):
        """What is not exported yet is, before a program ends."""
        self.statuses = self.stack.stop()

    def run(self):
        try:
            self.prepare()
            for step in self.STEPS:
                try:
                    step(self)
                except Exception as error:
                    self.broken[step.__name__] = error
        finally:
            self.finish()
            self.collector.close()
            self.keep()
        self.spans = traces.spans_of(self.collector)
        self.traces = traces.by_trace(self.spans)
        self.records = traces.records_of(self.collector)

    def keep(self):
        with open(self.folder / f'{self.NAME}-exported.jsonl', 'w') as file:
            for payload in self.collector.payloads:
                file.write(json.dumps({'signal': payload.signal, 'body': payload.body.decode(errors='replace')}) + '\n')

    def checks(self):
        return [getattr(self, check.__name__) for check in (Scenario.every_step_was_done, *self.CHECKS)]

    def of_event(self, event_id, service=None):
        """The spans of the trace in which an event stands."""
        found = {span.trace for span in self.spans if span.attributes.get('cloudevents.event_id') == event_id}
        return [span for span in self.spans if span.trace in found and service in (None, span.service)]

    # Checks

    def every_step_was_done(self):
        for step, error in self.broken.items():
            yield f'{step}: {type(error).__name__}: {error}'

    def programs_end_well(self):
        for tier, status in self.statuses.items():
            if status != 0:
                yield f'{tier} ended with {status}'

    def payloads_are_OTLP(self):
        yield from self.collector.problems
        for signal in otlp.REQUESTS:
            if not self.collector.of(signal):
                yield f'no {signal} at all'
        for payload in self.collector.payloads:
            if payload.headers.get('authorization') != f'Bearer {COLLECTOR_TOKEN}':
                yield f'{payload.signal}: without the header that was asked for: {payload.headers}'

    def every_program_exports(self):
        for signal, services in (('traces', {*stack.TIERS, 'switchboard'}), ('logs', set(stack.TIERS)), ('metrics', set(stack.TIERS))):
            found, instances = set(), {}
            for payload in self.collector.of(signal):
                for resource in next(iter(payload.request.ListFields()))[1]:
                    attributes = otlp.attributes_of(resource.resource.attributes)
                    found.add(attributes['service.name'])
                    instances.setdefault(attributes['service.instance.id'], set()).add((attributes['service.name'], attributes['host.name']))
                    yield from conventions.wrong_attributes(attributes, (), f'resource of {signal}')
            if found != services:
                yield f'{signal} are from {sorted(found)}, not from {sorted(services)}'
            for instance, sources in instances.items():
                if len(sources) > 1:
                    yield f'{signal}: instance {instance} is {sources}'

    def no_span_is_an_orphan(self):
        if not self.spans:
            yield 'no span at all'
        yield from traces.orphans(self.spans, self.known)

    def attributes_are_those_of_the_conventions(self):
        if not self.spans:
            yield 'no span at all'
        wrong = set()
        for span in self.spans:
            wrong.update(conventions.wrong_span(span))
        yield from sorted(wrong)

    def logs_are_correlated(self):
        """Each record of a trace names a span of it, and what both are about."""
        there = {(span.trace, span.id): span for span in self.spans}
        of_traces = [record for record in self.records if record.trace]
        if not of_traces:
            yield 'no log record has a trace'
        for record in of_traces:
            where = f'[{record.service}] {record.body!r} {record.attributes}'
            span = there.get((record.trace, record.span))
            if span is None and (record.trace, record.span) not in self.known:
                yield f'{where}: its span {record.span} in trace {record.trace} was never exported'
                continue
            # A record of several events has the trace of one of them.
            if 'count' in record.attributes:
                continue
            if span is None:
                continue
            wanted = {'correlation_id'} | ({'event_id'} if 'cloudevents.event_id' in span.attributes else set())
            if not wanted <= set(record.attributes):
                yield f'{where}: {wanted - set(record.attributes)} is missing'
                continue
            of_trace = [span for span in self.spans if span.trace == record.trace]
            for name, other in (('correlation_id', 'correlation_id'), ('event_id', 'cloudevents.event_id')):
                if name in wanted and record.attributes[name] not in {span.attributes.get(other) for span in of_trace}:
                    yield f'{where}: no span of its trace has its {name}'

    def printed_logs_are_lines_of_JSON(self):
        exported = {(record.body, record.trace, record.span) for record in self.records if record.trace}
        printed = set()
        for path in sorted(self.stack.folder.glob('*.log')):
            for line in path.read_text().splitlines():
                if path.name.startswith('switchboard'):
                    continue
                try:
                    entry = json.loads(line)
                except ValueError:
                    yield f'{path.name}: {line[:200]}'
                    continue
                if 'trace_id' in entry:
                    printed.add((entry['message'], entry['trace_id'], entry['span_id']))
        for body, trace, span in sorted(printed - exported):
            yield f'printed with trace {trace} and span {span}, and not exported so: {body}'

    def nothing_secret_is_told(self):
        yield from self.told(PLANTED)

    def told(self, secrets):
        for secret in secrets:
            for payload in self.collector.payloads:
                text = payload.body.decode(errors='replace')
                if secret in text:
                    at = text.index(secret)
                    yield f'{secret} was exported among the {payload.signal}: …{text[max(0, at - 200):at + 60]}…'
                    break
            for path in sorted(self.stack.folder.glob('*')):
                text = path.read_text(errors='replace')
                if secret in text:
                    at = text.index(secret)
                    yield f'{secret} was printed, {path.name}: …{text[max(0, at - 200):at + 60]}…'
        if not self.collector.payloads:
            yield 'nothing was exported'

    def metrics_are_of_few_labels(self):
        """No correlation id, event id or trace is a label, and none of their values."""
        values = {span.attributes.get(name) for span in self.spans for name in ('correlation_id', 'cloudevents.event_id')}
        values |= {span.trace for span in self.spans} - {None}
        names = set()
        for metric, point in self.data_points():
            for key, value in otlp.attributes_of(point.attributes).items():
                names.add(key)
                if value in values or re.search(r'correlation|event_id|trace|session_id', key):
                    yield f'{metric.name} has the label {key}={value}'
        if not names:
            yield 'no metric has a label'

    def data_points(self):
        for payload in self.collector.of('metrics'):
            for resource in payload.request.resource_metrics:
                for scope in resource.scope_metrics:
                    for metric in scope.metrics:
                        for point in getattr(metric, metric.WhichOneof('data')).data_points:
                            yield metric, point

    def counters_only_grow(self):
        last = {}
        for payload in self.collector.of('metrics'):
            for resource in payload.request.resource_metrics:
                instance = otlp.attributes_of(resource.resource.attributes)['service.instance.id']
                for scope in resource.scope_metrics:
                    for metric in scope.metrics:
                        kind = metric.WhichOneof('data')
                        if kind == 'gauge':
                            continue
                        for point in getattr(metric, kind).data_points:
                            key = instance, metric.name, tuple(sorted(otlp.attributes_of(point.attributes).items()))
                            value = (point.count, *point.bucket_counts) if kind == 'histogram' else (otlp.number_of(point),)
                            before, start, time = last.get(key, (value, point.start_time_unix_nano, 0))
                            if any(old > new for old, new in zip(before, value)) or start != point.start_time_unix_nano:
                                yield f'{key} went from {before} to {value}'
                            if point.time_unix_nano <= time:
                                yield f'{key} was told twice of {time}'
                            last[key] = value, start, point.time_unix_nano
        if not last:
            yield 'no counter at all'

    def metrics_have_names_of_the_conventions(self):
        names = {}
        for metric, _ in self.data_points():
            names[metric.name] = metric.unit
        for name, unit in names.items():
            # OTLP has the conventions' names; /metrics has them as Prometheus writes them.
            if not name.startswith(conventions.OWN_METRIC_PREFIX) and name not in conventions.METRICS:
                yield f'{name} ({unit}) is neither ours nor in the conventions'


SAMPLED_CHECKS = (
    Scenario.payloads_are_OTLP, Scenario.programs_end_well, Scenario.no_span_is_an_orphan,
    Scenario.attributes_are_those_of_the_conventions, Scenario.logs_are_correlated, Scenario.printed_logs_are_lines_of_JSON,
    Scenario.nothing_secret_is_told, Scenario.metrics_are_of_few_labels, Scenario.metrics_have_names_of_the_conventions,
    Scenario.counters_only_grow)
