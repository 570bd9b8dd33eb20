"""A collector that is slow, away, refusing or silent costs telemetry, which is counted, and no event."""
import foreign
import stack
import traces
from collector import until
from scenario import QUICK, Scenario

COUNT = 200
# Small, so that what is not taken is dropped soon; and less than one batch.
SMALL = {'BSP_MAX_QUEUE_SIZE': '64', 'BLRP_MAX_QUEUE_SIZE': '64', 'BSP_EXPORT_TIMEOUT': '1000', 'BLRP_EXPORT_TIMEOUT': '1000',
         'EXPORTER_OTLP_TIMEOUT': '500', 'TRACES_SAMPLER': 'always_on'}


class Outage(Scenario):
    """One way to fail."""

    def __init__(self, mode, node, kept):
        super().__init__(node, kept)
        self.mode = mode
        self.NAME = f'outage-{mode}'

    def prepare(self):
        if self.mode == 'gone':
            url = f'http://127.0.0.1:{stack.free_port()}'
        else:
            self.collector.mode = self.mode
            url = self.collector.url
        self.stack = stack.Stack(self.NAME, self.node.take_host(), self.folder, QUICK | SMALL | {'EXPORTER_OTLP_ENDPOINT': url}).start()

    def pings(self):
        self.pinged = [self.stack.ping('-c', COUNT, '-i', 0, '-q', over=over) for over in ('websocket', 'http')]

    def drops_are_counted(self):
        def dropped():
            return {tier: self.stack.metric(tier, 'switchboard_telemetry_dropped_total{signal="traces"}') or 0 for tier in stack.TIERS}
        until(lambda: all(dropped().values()), 15)
        self.dropped = dropped()

    def it_comes_back(self):
        """For one of the ways: what happens from then on arrives."""
        if self.mode != 'refuse':
            return
        self.collector.mode = 'take'
        self.recovered = until(lambda: self.sees(foreign.event()), 40)

    def sees(self, event):
        """Whether the spans of another event arrive."""
        foreign.post(self.stack, event)
        return until(lambda: {span.service for span in traces.spans_of(self.collector)
                              if span.attributes.get('cloudevents.event_id') == event.get_id()} == set(stack.TIERS), 1)

    STEPS = (pings, drops_are_counted, it_comes_back)


class Outages(Scenario):
    """All ways, beside each other."""
    MODES = ('gone', 'refuse', 'hang', 'slow')
    HOSTS = len(MODES)

    def __init__(self, node, kept):
        self.broken = {}
        self.ways = {mode: Outage(mode, node, kept) for mode in self.MODES}

    def run(self):
        for under_way in [stack.Background(way.run) for way in self.ways.values()]:
            under_way.result()
        self.broken = {f'{mode}, {step}': error for mode, way in self.ways.items() for step, error in way.broken.items()}

    def every_ping_is_answered(self):
        for mode, way in self.ways.items():
            for pinged in way.pinged:
                yield from (f'{mode}: {problem}' for problem in pinged.problems(COUNT))

    def what_is_dropped_is_counted(self):
        for mode, way in self.ways.items():
            for tier, dropped in way.dropped.items():
                if not dropped and mode != 'slow':
                    yield f'{mode}: {tier} counts no dropped spans'
            if mode == 'slow' and not any(way.dropped.values()):
                yield 'slow: no program counts dropped spans'

    def programs_end_all_the_same(self):
        for mode, way in self.ways.items():
            if set(way.statuses) != set(stack.TIERS):
                yield f'{mode}: {way.statuses}'
            for tier, status in way.statuses.items():
                if status != 0:
                    yield f'{mode}: {tier} ended with {status}'

    def the_collector_was_asked(self):
        for mode, way in self.ways.items():
            if mode != 'gone' and not way.collector.asked:
                yield f'{mode}: no export was tried'

    def exports_go_on_when_it_is_back(self):
        way = self.ways['refuse']
        if not way.recovered:
            yield f'not all spans of an event arrived: {sorted({span.service for span in way.spans})}'
        yield from way.collector.problems

    CHECKS = (every_ping_is_answered, what_is_dropped_is_counted, programs_end_all_the_same,
              the_collector_was_asked, exports_go_on_when_it_is_back)
