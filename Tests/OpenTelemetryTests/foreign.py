"""Clients and services by others' hands: the OpenTelemetry SDK makes their spans, cloudevents their events, pika and websockets
carry them."""
import json
import threading
import time
import uuid

import pika
from cloudevents.core.bindings.http import HTTPMessage, from_http, to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from opentelemetry import baggage, context, trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

EVENTS, RESPONSES = 'switchboard.events', 'switchboard.responses'
STRUCTURED = 'application/cloudevents+json'

propagator = CompositePropagator([TraceContextTextMapPropagator(), W3CBaggagePropagator()])


class SDK:
    """The OpenTelemetry SDK of a program that is none of ours. Its spans stay in memory."""

    def __init__(self):
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = provider.get_tracer('foreign')

    def known(self):
        """(trace, span) of what it has recorded."""
        return [ids(span.get_span_context()) for span in self.exporter.get_finished_spans()]


def ids(span_context):
    return trace.format_trace_id(span_context.trace_id), trace.format_span_id(span_context.span_id)


def injected(within=None):
    """traceparent, tracestate and baggage of a context, by the SDK's own propagators."""
    carrier = {}
    propagator.inject(carrier, context=within)
    return carrier


def with_baggage(**entries):
    within = context.get_current()
    for name, value in entries.items():
        within = baggage.set_baggage(name, value, within)
    return within


def made_up_parent(sampled):
    """A traceparent of nobody's span."""
    return f'00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:15]}1-{"01" if sampled else "00"}'


def event(kind='PingRequest', data=None, **extensions):
    attributes = {'specversion': '1.0', 'id': str(uuid.uuid4()), 'source': '/foreign', 'type': kind,
                  'datacontenttype': 'application/json'}
    return CloudEvent(attributes=attributes | extensions, data={'from': 'foreign'} if data is None else data)


def post(stack, event, headers=None, mode='structured', timeout=30):
    message = (to_structured if mode == 'structured' else to_binary)(event, JSONFormat())
    return stack.post(message.body, message.headers | (headers or {}), timeout=timeout)


def answer_of(response):
    """The event in a response, by cloudevents."""
    return from_http(HTTPMessage(response.headers, response.body), JSONFormat())


def written(event):
    """In JSON, by cloudevents."""
    return JSONFormat().write(event).decode()


def read(text):
    """An event in JSON, by cloudevents."""
    return JSONFormat().read(None, text)


def attributes(event):
    return dict(event.get_attributes())


# AMQP

def connect(amqp):
    parameters = pika.URLParameters(amqp)
    parameters.heartbeat = 0
    return pika.BlockingConnection(parameters)


class Message:
    def __init__(self, method, properties, body):
        self.method, self.properties, self.body = method, properties, body
        self.headers = properties.headers or {}

    @property
    def events(self):
        value = json.loads(self.body)
        return value if isinstance(value, list) else [value]


class Tap:
    """A queue of its own that gets a copy of each event on an exchange. For one thread."""

    def __init__(self, amqp, exchange=EVENTS, routing_key='#'):
        self.connection = connect(amqp)
        self.channel = self.connection.channel()
        self.queue = self.channel.queue_declare('', exclusive=True).method.queue
        self.channel.queue_bind(self.queue, exchange, routing_key)
        self.messages = []

    def find(self, event_id, seconds=10):
        """The message and the event in it with that id, or one that answers it."""
        deadline = time.monotonic() + seconds
        while True:
            for message in self.messages:
                for event in message.events:
                    if event_id in (event.get('id'), event.get('causationid')):
                        return message, event
            method, properties, body = self.channel.basic_get(self.queue, auto_ack=True)
            if method is not None:
                self.messages.append(Message(method, properties, body))
            elif time.monotonic() > deadline:
                raise RuntimeError(f'no message with event {event_id} within {seconds} s')
            else:
                time.sleep(0.02)

    def ready(self, queue):
        """How many messages wait in a queue, given to nobody yet."""
        return self.channel.queue_declare(queue, passive=True).method.message_count

    def consumers(self, queue):
        return self.channel.queue_declare(queue, passive=True).method.consumer_count

    def publish(self, exchange, routing_key, body, headers, content_type=STRUCTURED, **properties):
        self.channel.basic_publish(exchange, routing_key, body, pika.BasicProperties(
            content_type=content_type, delivery_mode=2, headers=headers, **properties))

    def close(self):
        self.connection.close()


class Service:
    """Answers `kind` as a service of another language would: its spans are children of what came with the message."""

    def __init__(self, amqp, kind, sdk):
        self.connection, self.kind, self.sdk = connect(amqp), kind, sdk
        self.channel = self.connection.channel()
        queue = self.channel.queue_declare('', exclusive=True).method.queue
        self.channel.queue_bind(queue, EVENTS, kind)
        self.channel.basic_consume(queue, self.answer)
        self.handled = []
        self.thread = threading.Thread(target=self.channel.start_consuming, daemon=True)
        self.thread.start()

    def answer(self, channel, method, properties, body):
        message = Message(method, properties, body)
        for request in message.events:
            # Per event: a message can hold several, each of a trace of its own.
            carrier = {name: request[name] for name in ('traceparent', 'tracestate', 'baggage') if name in request} or message.headers
            within = propagator.extract(carrier)
            with self.sdk.tracer.start_as_current_span('process', within, trace.SpanKind.CONSUMER) as consumer:
                with self.sdk.tracer.start_as_current_span('send', kind=trace.SpanKind.PRODUCER) as producer:
                    outgoing = injected()
                    answer = {
                        'specversion': '1.0', 'id': str(uuid.uuid4()), 'source': '/foreign-service', 'type': 'ForeignResponse',
                        'datacontenttype': 'application/json', 'causationid': request['id'],
                        'correlationid': request['correlationid'], 'returnaddress': request['returnaddress'],
                        'data': {'heard': request['data']}, **outgoing}
                    self.handled.append((message, request, ids(consumer.get_span_context()), ids(producer.get_span_context())))
                    channel.basic_publish(RESPONSES, 'response', json.dumps(answer), pika.BasicProperties(
                        content_type=STRUCTURED, delivery_mode=2, message_id=answer['id'],
                        correlation_id=request['correlationid'], type=answer['type'], headers=outgoing))
        channel.basic_ack(method.delivery_tag)

    def close(self):
        self.connection.add_callback_threadsafe(self.channel.stop_consuming)
        self.thread.join()
        self.connection.close()
