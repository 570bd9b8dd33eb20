"""The three programs and a RabbitMQ node as processes of a run's own, with a link between any two tiers."""
import asyncio
import contextlib
import ctypes
import json
import os
import random
import resource
import signal
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import http1
from links import Link

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get('SWITCHBOARD_BIN_PATH', '.'))
TIERS = ('public-web', 'dispatcher', 'ping-listener')
READY_SECONDS_MAX = 30
# Beyond a drain and a flush.
END_SECONDS_MAX = 15
SECRET = 'faults-internal-secret-of-this-run'
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True)


def end_with_parent():
    """This process ends when its parent does, however that ends."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def clock_library():
    found = sorted(Path('/usr/lib').glob('*/faketime/libfaketimeMT.so.1'))
    if not found:
        raise RuntimeError('libfaketime is not installed (apt-get install libfaketime)')
    return found[0]


taken_ports = set()


def free_port():
    """Below the ephemeral ports, so that a program finds it free after a restart. Each process of a run has a slice."""
    first = 10_000 + os.getpid() % 20 * 1000
    while True:
        port = random.SystemRandom().randrange(first, first + 1000)
        with socket.socket() as one, contextlib.suppress(OSError):
            one.bind(('127.0.0.1', port))
            if port not in taken_ports:
                taken_ports.add(port)
                return port


def environment(**variables):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(('OTEL_', 'SWITCHBOARD_'))}
    return kept | variables


class Node:
    """A RabbitMQ node by deploy/rabbitmq. Each stack has a virtual host of its own on it."""

    def __init__(self, folder):
        self.folder = folder
        self.hosts = 0

    async def call(self, command, *arguments):
        process = await asyncio.create_subprocess_exec(
            ROOT / 'deploy/rabbitmq', command, self.folder, *arguments,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            output, errors = await process.communicate()
        except asyncio.CancelledError:
            process.terminate()
            raise
        if process.returncode:
            raise RuntimeError(f'deploy/rabbitmq {command} {arguments}: {errors.decode()[-1000:]}')
        return output.decode()

    async def start(self):
        arguments = () if (self.folder / 'settings').exists() else ('--port', 'auto')
        facts = json.loads(await self.call('start', *arguments))
        self.port, self.pid = urlsplit(facts['amqp']).port, facts['pid']

    async def stop(self):
        await self.call('stop')

    async def kill(self):
        await self.call('kill')

    async def ctl(self, *arguments):
        return await self.call('ctl', *arguments)

    async def new_host(self):
        """Without the one before: what a fault left there is not to be found by the next."""
        self.hosts += 1
        delete = f'rabbit_vhost:delete(<<"faults-{self.hosts - 1}">>, <<"faults">>),' if self.hosts > 1 else ''
        host = f'faults-{self.hosts}'
        await self.ctl('eval', f'''
            {delete} ok = rabbit_vhost:add(<<"{host}">>, <<"faults">>),
            ok = rabbit_auth_backend_internal:set_permissions(
                <<"guest">>, <<"{host}">>, <<".*">>, <<".*">>, <<".*">>, <<"faults">>).''')
        return host


class Program:
    """One program: started, signalled, started again at the same ports."""

    def __init__(self, name, command, log, internal_port, variables, options):
        self.name, self.command, self.log, self.internal_port = name, command, log, internal_port
        self.variables, self.options = variables, options
        self.process = None
        # Ends that nobody asked for.
        self.crashes = []
        self.is_end_wanted = False

    @property
    def pid(self):
        return self.process.pid if self.process else None

    def start(self):
        self.is_end_wanted = False
        limits, streams = self.options.get('limits', {}), self.options.get('streams')

        def prepare():
            end_with_parent()
            # Python ignores these two, and a child would, too.
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            for kind, value in limits.items():
                resource.setrlimit(kind, (value, value))
            if streams == 'closed':
                os.close(1)
                os.close(2)

        with contextlib.ExitStack() as files:
            output = errors = files.enter_context(open(self.log, 'ab'))
            if callable(streams):
                output, errors = streams(files)
            self.process = subprocess.Popen(
                [str(part) for part in self.command], stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
                env=environment(**self.variables), preexec_fn=prepare)

    def check(self):
        """Notes an end that nobody asked for."""
        if self.process is not None and not self.is_end_wanted and self.process.poll() is not None:
            self.crashes.append(f'{self.name} ended by itself with status {self.process.returncode}')
            self.is_end_wanted = True

    def send(self, number):
        self.check()
        if number in (signal.SIGKILL, signal.SIGTERM):
            self.is_end_wanted = True
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    async def end(self, number=signal.SIGTERM):
        if self.process is None:
            return None
        self.send(number)
        for _ in range(END_SECONDS_MAX * 50):
            if self.process.poll() is not None:
                return self.process.returncode
            await asyncio.sleep(0.02)
        self.process.kill()
        self.process.wait()
        self.crashes.append(f'{self.name} does not end on a signal {number}')
        return None

    async def is_ready(self):
        with contextlib.suppress(OSError, EOFError, ValueError, asyncio.TimeoutError):
            status, _, _ = await asyncio.wait_for(http1.get(self.internal_port, '/readyz'), 2)
            return status == 200
        return False

    async def metric(self, series):
        _, _, body = await asyncio.wait_for(http1.get(self.internal_port, '/metrics'), 5)
        for line in body.decode().splitlines():
            if line.startswith(f'{series} '):
                return float(line.rsplit(' ', 1)[1])
        return None


class Stack:
    """Programs and links of one fault. Links: client, events, dispatch, dispatcher-amqp, listener-amqp."""

    def __init__(self, node, folder, seed, options):
        self.node, self.folder, self.seed, self.options = node, folder, seed, options
        self.programs, self.links = {}, {}

    async def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        host = await self.node.new_host()
        # Past all links.
        self.amqp_url = f'amqp://guest:guest@127.0.0.1:{self.node.port}/{host}'
        self.set_clock(0)
        if 'collector' in self.options:
            self.collector = self.options['collector']()
            await self.collector.start()
        ports = {name: free_port() for name in ('public', 'internal', 'dispatcher', 'listener')}
        self.public_port = ports['public']
        for name, target in (('client', ports['public']), ('events', ports['dispatcher']),
                             ('dispatch', ports['internal']), ('dispatcher-amqp', self.node.port),
                             ('listener-amqp', self.node.port)):
            self.links[name] = await Link(name, target, self.seed).start(free_port())
        self.add('dispatcher', ports['dispatcher'], '--port', ports['dispatcher'], *self.broker('dispatcher', host))
        self.add('ping-listener', ports['listener'], '--port', ports['listener'], *self.broker('listener', host))
        self.add_public_web('public-web', ports['public'], ports['internal'], self.links['dispatch'].port)
        if self.options.get('instances', 1) > 1:
            self.second_port, internal = free_port(), free_port()
            self.add_public_web('public-web-2', self.second_port, internal, internal)
        for program in self.programs.values():
            program.start()
        for program in self.programs.values():
            await self.await_ready(program)

    def broker(self, name, host):
        return ('--amqp-url', f'amqp://guest:guest@127.0.0.1:{self.links[f"{name}-amqp"].port}/{host}',
                '--amqp-heartbeat-seconds', self.options.get('heartbeat', 2))

    def add_public_web(self, name, public, internal, reached):
        self.add(name, internal, '--port', public, '--internal-port', internal,
                 '--internal-url', f'http://127.0.0.1:{reached}',
                 '--dispatcher-url', f'http://127.0.0.1:{self.links["events"].port}',
                 '--deadline', f'{self.options["deadline"]}s', '--ping-interval', '2s', '--pong-timeout', '1s',
                 '--loops', self.options.get('loops', 2),
                 *(self.certificate() if self.options.get('tls') else ()))

    def add(self, name, internal_port, *arguments):
        tier = 'public-web' if name.startswith('public-web') else name
        options = self.options.get('programs', {}).get(tier, {})
        command = [BIN / tier, *arguments]
        variables = {'SWITCHBOARD_INTERNAL_SECRET': SECRET} | options.get('variables', {})
        if tier in self.options.get('clock', ()):
            # Without a cache, as a jump is to be seen at once.
            variables |= {'LD_PRELOAD': str(clock_library()), 'FAKETIME_TIMESTAMP_FILE': str(self.clock_file),
                          'FAKETIME_NO_CACHE': '1', 'FAKETIME_DONT_FAKE_MONOTONIC': '1'}
            # The first program adds to its environment, which moves it away from the arguments, and Swift finds those no
            # more. So that is env.
            command.insert(0, '/usr/bin/env')
        if 'collector' in self.options:
            variables['OTEL_EXPORTER_OTLP_ENDPOINT'] = f'http://127.0.0.1:{self.collector.port}'
        self.programs[name] = Program(
            name, command, self.folder / f'{name}.log', internal_port, variables, options)

    def certificate(self):
        certificate, key = self.folder / 'certificate.pem', self.folder / 'key.pem'
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
                        '-keyout', key, '-out', certificate, '-days', '2', '-subj', '/CN=127.0.0.1'],
                       check=True, capture_output=True)
        return ('--tls-cert', certificate, '--tls-key', key)

    @property
    def clock_file(self):
        return self.folder / 'clock'

    def set_clock(self, seconds):
        """The wall clock of the programs whose clock is ours, against the machine's. The monotonic one stays."""
        new = self.folder / 'clock.new'
        new.write_text(f'{seconds:+d}\n')
        new.replace(self.clock_file)

    async def await_ready(self, program):
        for _ in range(READY_SECONDS_MAX * 20):
            if await program.is_ready():
                return
            if program.process.poll() is not None:
                break
            await asyncio.sleep(0.05)
        raise RuntimeError(f'{program.name} is not ready: {self.tail(program.name)}')

    def tail(self, name):
        path = self.folder / f'{name}.log'
        return path.read_text(errors='replace')[-1500:] if path.exists() else ''

    @property
    def crashes(self):
        for program in self.programs.values():
            program.check()
        return [text for program in self.programs.values() for text in program.crashes]

    async def stop(self):
        for program in self.programs.values():
            program.check()
            if program.process is not None and program.process.poll() is None:
                program.is_end_wanted = True
                program.process.kill()
                program.process.wait()
        for link in self.links.values():
            link.stop()
