"""What a machine runs out of, and what surrounds the programs: alarms, disks, descriptors, clocks, collectors."""
import asyncio
import contextlib
import fcntl
import os
import resource
import signal
from time import monotonic

import http1
from fault import fault
from memory import processor_seconds
from stack import TIERS, free_port

PRESSED = 'clients get 503 or 429 while it lasts; memory is bounded; recovery by itself'
ALARMS = {
    'memory': (('set_vm_memory_high_watermark', 'absolute', '1MB'), ('set_vm_memory_high_watermark', '0.4')),
    'disk': (('set_disk_free_limit', '900000GB'), ('set_disk_free_limit', '64MB')),
}


async def check_alarm(trial):
    """Who had something to publish was blocked, and nothing was given back for it."""
    summary = trial.ledger.summary()
    pressed = sum(figures.get(status, 0) for figures in (summary['errors'], summary['refused']) for status in (429, 503))
    trial.expect(pressed > 0, 'nobody was told to come again later')
    for name in trial.blocked:
        blocked = (trial.stack.folder / f'{name}.log').read_text(errors='replace').count('the broker takes nothing for now')
        trial.expect(blocked > 0, f'{name} was not blocked')
    given_back = await trial.program('ping-listener').metric('switchboard_broker_messages_rejected_total')
    trial.expect(given_back == 0, f'ping-listener gave {given_back:.0f} messages back')


def register_alarm(name, alarm, least, most, **options):
    @fault(name, f'{PRESSED}; what was accepted before is answered, {least} to {most} s later', check=check_alarm, **options)
    async def ring(trial):
        raised, cleared = ALARMS[alarm]
        trial.blocked = ['dispatcher']
        await trial.node.ctl(*raised)
        await trial.pause(least, most)
        await trial.node.ctl(*cleared)


register_alarm('alarm-memory', 'memory', 6, 8)
register_alarm('alarm-disk', 'disk', 6, 8)


@fault('alarm-answers', 'the alarm comes while the service has events in hand, and lasts for longer than RabbitMQ would try '
       'each of them: they are handled once, and answered when it is over', check=check_alarm, deadline=60)
async def alarm_answers(trial):
    trial.blocked = ['dispatcher', 'ping-listener']
    pid = trial.program('ping-listener').pid
    os.kill(pid, signal.SIGSTOP)
    await trial.pause(0.5, 1)
    raised, cleared = ALARMS['disk']
    await trial.node.ctl(*raised)
    os.kill(pid, signal.SIGCONT)
    await trial.pause(35, 40)
    await trial.node.ctl(*cleared)


UNHARMED = 'service goes on as if nothing were; only logs are lost'


def everywhere(**options):
    return {tier: dict(options) for tier in TIERS}


async def check_lost_lines(trial):
    for name in TIERS:
        lost = await trial.program(name).metric('switchboard_log_lines_lost_total')
        trial.expect(lost, f'{name} has counted no log line as lost')


async def trouble(trial):
    """Something to be logged: a dispatcher that is away for a moment, and the broker's connections with it."""
    await trial.pause(0.5, 1)
    await trial.end('dispatcher', signal.SIGKILL)
    await trial.pause(0.2, 1)
    await trial.begin_again('dispatcher')


VERBOSE = {'SWITCHBOARD_LOG_LEVEL': 'debug'}


def full(files):
    device = files.enter_context(open('/dev/full', 'wb', buffering=0))
    return device, device


@fault('disk-full', 'standard output and error of all programs on a full disk: ' + UNHARMED,
       check=check_lost_lines, programs=everywhere(streams=full, variables=VERBOSE))
async def disk_full(trial):
    await trouble(trial)


LOG_BYTES_MAX = 256


@fault('log-limit', 'logs reach the largest size that a file may have (RLIMIT_FSIZE, and its SIGXFSZ): ' + UNHARMED,
       programs=everywhere(limits={resource.RLIMIT_FSIZE: LOG_BYTES_MAX}, variables=VERBOSE))
async def log_limit(trial):
    await trouble(trial)
    for name in TIERS:
        size = (trial.stack.folder / f'{name}.log').stat().st_size
        trial.expect(size == LOG_BYTES_MAX, f'{name} wrote {size} bytes: the limit was not reached')


@fault('output-closed', 'standard output and error are closed from the start: ' + UNHARMED,
       programs=everywhere(streams='closed', variables=VERBOSE))
async def output_closed(trial):
    await trouble(trial)
    await trial.pause(1, 1)
    for name in TIERS:
        for number in (1, 2):
            with contextlib.suppress(FileNotFoundError):
                place = os.readlink(f'/proc/{trial.program(name).pid}/fd/{number}')
                trial.expect(place == '/dev/null', f'what {name} prints goes to {place}')


readers = []


def stuck(files):
    """A pipe that nobody reads, and whose other end stays open."""
    read, write = os.pipe()
    readers.append(read)
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    output = files.enter_context(os.fdopen(write, 'wb', buffering=0))
    return output, output


@fault('output-stuck', 'standard output and error are pipes that nobody reads: ' + UNHARMED,
       check=check_lost_lines, programs=everywhere(streams=stuck, variables=VERBOSE))
async def output_stuck(trial):
    await trouble(trial)
    await trial.pause(2, 3)


def broken(files):
    read, write = os.pipe()
    os.close(read)
    output = files.enter_context(os.fdopen(write, 'wb', buffering=0))
    return output, output


@fault('output-broken', 'standard output and error are pipes without a reader: ' + UNHARMED,
       check=check_lost_lines, programs=everywhere(streams=broken, variables=VERBOSE))
async def output_broken(trial):
    await trouble(trial)


DESCRIPTORS = 400
INTRUDERS = 300
REFUSED = ('those within are served, others are refused with 503 or by the end of the connection at once, and the accept loop '
           'does not spin')


async def crowd(trial):
    """More clients than there is room for, which stay for a while."""
    program, outcomes, writers = trial.program('public-web'), {}, []

    async def intrude():
        verdict = 'silence'
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection('127.0.0.1', trial.stack.public_port), 3)
            writers.append(writer)
            writer.write(b'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n')
            status, _ = await asyncio.wait_for(http1.read_head(reader), 3)
            verdict = str(status)
        except asyncio.TimeoutError:
            # Itself an OSError.
            pass
        except (OSError, EOFError):
            verdict = 'closed'
        outcomes[verdict] = outcomes.get(verdict, 0) + 1

    before, began = processor_seconds(program.pid), monotonic()
    await asyncio.gather(*(intrude() for _ in range(INTRUDERS)))
    await trial.pause(2, 3)
    used = (processor_seconds(program.pid) - before) / (monotonic() - began)
    for writer in writers:
        writer.transport.abort()
    trial.notes.append(f'others: {dict(sorted(outcomes.items()))}; {used:.0%} of a core')
    trial.expect(outcomes.get('503', 0) + outcomes.get('closed', 0) > 0, f'nobody was refused: {outcomes}')
    trial.expect(not outcomes.get('silence'), f'{outcomes.get("silence")} clients were neither served nor refused')
    trial.expect(used < 0.6, f'public-web used {used:.0%} of a core')


@fault('descriptors-few', 'more clients than the descriptors at start are enough for: ' + REFUSED,
       programs={'public-web': {'limits': {resource.RLIMIT_NOFILE: DESCRIPTORS}}}, drops_clients=True)
async def descriptors_few(trial):
    await crowd(trial)


@fault('descriptors-gone', 'the limit is lowered while public-web runs, so that accept itself fails: ' + REFUSED,
       drops_clients=True)
async def descriptors_gone(trial):
    pid = trial.program('public-web').pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    open_now = max(int(number) for number in os.listdir(f'/proc/{pid}/fd')) + 1
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (open_now + 20, before[1]))
    await crowd(trial)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


HOUR = 3600
# So soon after a jump all is as before.
STEADY_SECONDS = 1


def register_clock(name, tiers, steps, outcome, errors, **options):
    async def check_between(trial):
        """Of all clocks together nobody notices a jump, but what was under way."""
        for seconds, began, ended in trial.phases if tiers == TIERS else ():
            meant = [entry for entry in trial.ledger.entries.values() if began + STEADY_SECONDS <= entry.sent <= ended - 0.5]
            missed = [entry for entry in meant if [status for _, status in entry.outcomes] != [None]]
            trial.expect(meant and not missed, f'{len(missed)} of {len(meant)} requests were not answered with the clock at '
                         f'{seconds:+d} s, like ' + ', '.join(entry.story for entry in missed[:3]))

    @fault(name, outcome, errors, clock=tiers, loses_events=True, check=check_between, deadline=8, **options)
    async def jump(trial):
        trial.phases = []
        for seconds in steps:
            trial.stack.set_clock(seconds)
            began = monotonic()
            await trial.pause(3, 4)
            trial.phases.append((seconds, began, monotonic()))
        trial.stack.set_clock(0)
        trial.ended_at = monotonic()
        await trial.pause(1, 2)


TOGETHER = 'requests under way at a jump may get an error, later ones are answered; nothing is lost'
register_clock('clock-forward', TIERS, (HOUR,), 'all clocks jump one hour ahead and back: ' + TOGETHER, (500, 503, 504))
# First ahead, so that what is remembered of calls is old enough to be forgotten.
register_clock('clock-back', TIERS, (120, -HOUR), 'all clocks jump ahead by two minutes, back by an hour, and return: '
               + TOGETHER, (500, 503, 504))
APART = ('while clocks differ by more than 60 s signatures are refused, and each request gets an error (500, 504); nothing is '
         'lost, recovery within 5 s')
register_clock('clock-dispatcher', ('dispatcher',), (HOUR,), "the dispatcher's clock is an hour ahead: " + APART, (500, 503, 504))
register_clock('clock-listener', ('ping-listener',), (HOUR,),
               "ping-listener's clock is an hour ahead: it takes no part in deadlines; nothing is lost", (503, 504))


class HangingCollector:
    """Takes connections and requests, and never answers."""

    async def start(self):
        self.port, self.connections = free_port(), 0
        self.server = await asyncio.start_server(self.serve, '127.0.0.1', self.port)

    async def serve(self, reader, writer):
        self.connections += 1
        while await reader.read(65_536):
            pass


async def check_collector(trial):
    collector = trial.stack.collector
    trial.expect(collector.connections > 0, 'nobody connected to the collector')
    dropped = [await trial.program(tier).metric('switchboard_telemetry_dropped_total{signal="traces"}') for tier in TIERS]
    trial.notes.append(f'spans dropped: {dropped}')
    trial.expect(sum(count or 0 for count in dropped) > 0, 'no span was dropped')
    collector.server.close()


@fault('collector-hangs', 'a collector that takes connections and never answers: service goes on, what it can not take is '
       'dropped and counted', errors=(), collector=HangingCollector, check=check_collector)
async def collector_hangs(trial):
    await trial.pause(5, 7)
