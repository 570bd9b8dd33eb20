"""A RabbitMQ node, and the three programs as processes on a virtual host of it."""
import contextlib
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from collector import until

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ['SWITCHBOARD_BIN_PATH'])
TIERS = ('dispatcher', 'ping-listener', 'public-web')
USER, PASSWORD = 'switchboard', 'planted-broker-password'
READY_SECONDS_MAX = 60
# Beyond what a drain and a flush take at most: nothing else may hold up the end of a program.
END_SECONDS_MAX = 20

processes, process_lock = [], threading.Lock()
is_ending = False


def launch(*command, **options):
    with process_lock:
        if is_ending:
            raise RuntimeError('the run is over')
        process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, **options)
        processes.append(process)
        return process


def end_all():
    """Those of scenarios that still run, too; none is started from then on."""
    global is_ending
    with process_lock:
        is_ending = True
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            if process.poll() is None:
                process.kill()
                process.wait()


taken_ports, port_lock = set(), threading.Lock()


def free_port():
    """Below the range of ephemeral ports, so that a program finds it free after a restart."""
    with port_lock:
        while True:
            port = random.randrange(10_000, 30_000)
            with socket.socket() as one, contextlib.suppress(OSError):
                one.bind(('127.0.0.1', port))
                if port not in taken_ports:
                    taken_ports.add(port)
                    return port


def get(url, **headers):
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


def environment(**variables):
    """That of a program: nothing of ours, but the variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(('OTEL_', 'SWITCHBOARD_'))}
    return kept | variables


class Node:
    """RabbitMQ with a user of its own, so that its password is one to be looked for."""

    def __init__(self, folder):
        self.folder = folder
        self.hosts = iter(())

    def rabbitmq(self, command, *arguments):
        return subprocess.run([ROOT / 'deploy/rabbitmq', command, self.folder, *arguments], check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    def start(self, hosts):
        self.port = urlsplit(json.loads(self.rabbitmq('start', '--port', 'auto'))['amqp']).port
        # By the node's own functions, as each call of rabbitmqctl takes a second.
        self.rabbitmq('ctl', 'eval', f'''
            ok = rabbit_auth_backend_internal:add_user(<<"{USER}">>, <<"{PASSWORD}">>, <<"test">>),
            [begin V = iolist_to_binary(io_lib:format("host-~b", [N])), ok = rabbit_vhost:add(V, <<"test">>),
             ok = rabbit_auth_backend_internal:set_permissions(
                 <<"{USER}">>, V, <<".*">>, <<".*">>, <<".*">>, <<"test">>) end || N <- lists:seq(1, {hosts})].''')
        self.hosts = iter(f'host-{number}' for number in range(1, hosts + 1))

    def take_host(self):
        return f'amqp://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{next(self.hosts)}'

    def enable_prometheus(self):
        """Its own /metrics, on a free port that the node chooses."""
        plugins = self.folder / 'enabled_plugins'
        plugins.write_text('[rabbitmq_prometheus].\n')
        port = free_port()
        self.rabbitmq('ctl', 'eval', f'''
            application:load(rabbitmq_prometheus),
            application:set_env(rabbitmq_prometheus, tcp_config, [{{port, {port}}}, {{ip, "127.0.0.1"}}]),
            application:set_env(rabbit, collect_statistics_interval, 500),
            rabbit_plugins:ensure("{plugins}").''')
        return f'127.0.0.1:{port}'

    def stop(self):
        if self.folder.exists():
            self.rabbitmq('stop')


class Stack:
    """The three programs. What each prints goes to a file in the folder."""

    def __init__(self, name, amqp, folder, telemetry, arguments=None, **variables):
        self.name, self.amqp, self.folder = name, amqp, folder / name
        self.folder.mkdir(parents=True)
        self.telemetry = {f'OTEL_{key}': value for key, value in telemetry.items()}
        self.variables = {'SWITCHBOARD_AMQP_URL': amqp, 'SWITCHBOARD_LOG_LEVEL': 'debug'} | variables
        self.arguments = arguments or {}
        self.ports = {tier: free_port() for tier in TIERS}
        self.public_port = free_port()
        self.running = {}
        self.starts = 0

    @property
    def http(self):
        return f'http://127.0.0.1:{self.public_port}'

    @property
    def websocket(self):
        return f'ws://127.0.0.1:{self.public_port}/ws'

    def start(self, *tiers):
        for tier in tiers or TIERS:
            command = [BIN / tier, *self.arguments.get(tier, ())]
            if tier == 'public-web':
                command += ['--port', self.public_port, '--internal-port', self.ports[tier],
                            '--dispatcher-url', f'http://127.0.0.1:{self.ports["dispatcher"]}']
            else:
                command += ['--port', self.ports[tier]]
            self.starts += 1
            with open(self.folder / f'{tier}-{self.starts}.log', 'w') as log:
                self.running[tier] = launch(
                    *command, stdout=log, stderr=log, env=environment(**self.variables, **self.telemetry))
        for tier in tiers or TIERS:
            if not until(lambda: self.is_ready(tier) or self.running[tier].poll() is not None, READY_SECONDS_MAX) \
                    or self.running[tier].poll() is not None:
                raise RuntimeError(f'{self.name}: {tier} is not ready: {self.printed()[-2000:]}')
        return self

    def is_ready(self, tier):
        try:
            return bool(get(f'http://127.0.0.1:{self.ports[tier]}/readyz'))
        except OSError:
            return False

    def hold(self, tier):
        """Returns when all its threads stand still."""
        process = self.running[tier]
        process.send_signal(signal.SIGSTOP)

        def is_still():
            states = [stat.read_text().rpartition(')')[2].split()[0] for stat in Path(f'/proc/{process.pid}/task').glob('*/stat')]
            return set(states) == {'T'}

        if not until(is_still, 10, pause=0.005):
            raise RuntimeError(f'{tier} does not stop')

    def end(self, tier, number=signal.SIGTERM):
        """Its exit status; 'still running' if a signal does not end it."""
        process = self.running.pop(tier)
        process.send_signal(number)
        return status_of(process)

    def stop(self):
        """Ends all of them together. By tier the exit status."""
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        statuses = {tier: status_of(process) for tier, process in self.running.items()}
        self.running = {}
        return statuses

    def metrics(self, tier, **headers):
        return get(f'http://127.0.0.1:{self.ports[tier]}/metrics', **headers)

    def metric(self, tier, series):
        """The value of a series, written as in /metrics; None if there is none."""
        for line in self.metrics(tier).splitlines():
            if line.startswith(f'{series} '):
                return float(line.rsplit(' ', 1)[1])
        return None

    def printed(self):
        return ''.join(path.read_text(errors='replace') for path in sorted(self.folder.glob('*.log')))

    def ping(self, *arguments, over='websocket'):
        """The CLI's own report: its lines of JSON."""
        self.starts += 1
        command = [BIN / 'switchboard', 'ping', '--json', *arguments,
                   *(['--http', self.http] if over == 'http' else [self.websocket])]
        with open(self.folder / f'switchboard-{self.starts}.log', 'w') as log:
            process = launch(*command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment(**self.telemetry))
            output = process.communicate()[0]
        return Pinged([json.loads(line) for line in output.splitlines()], process.returncode)

    def post(self, body, headers, path='/events', timeout=30):
        connection = http.client.HTTPConnection('127.0.0.1', self.public_port, timeout=timeout)
        try:
            connection.request('POST', path, body if isinstance(body, bytes) else body.encode(), headers)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()


def status_of(process):
    try:
        return process.wait(END_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return 'still running'


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f'{self.status} {self.body[:300]!r}'


class Pinged:
    def __init__(self, lines, status):
        self.lines, self.status = lines, status
        self.answers = [line for line in lines if line['event'] == 'answer']
        self.summary = next((line for line in lines if line['event'] == 'summary'), {})

    def problems(self, count):
        if self.status or self.summary.get('answered') != count or self.summary.get('lost') != 0:
            yield f'switchboard ping ended with {self.status}: {self.summary}'


class Background(threading.Thread):
    """Runs a function beside; `result()` waits, and raises what it raised."""

    def __init__(self, function, *arguments, **options):
        super().__init__(daemon=True)
        self.function, self.arguments, self.options = function, arguments, options
        self.value = self.error = None
        self.start()

    def run(self):
        try:
            self.value = self.function(*self.arguments, **self.options)
        except BaseException as error:
            self.error = error

    def result(self):
        self.join()
        if self.error is not None:
            raise self.error
        return self.value


def note(text):
    print(text, file=sys.stderr, flush=True)
