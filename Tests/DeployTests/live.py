"""The tiers on a RabbitMQ of their own, and what their and its /metrics hold."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from tools import ROOT

SAMPLE = re.compile(r'([a-zA-Z_:][\w:]*)(?:\{(.*?)\})? [^ ]+(?: # .*)?(?: \d+)?$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
RABBITMQ_SECONDS_MAX = 60


def get(url):
    request = urllib.request.Request(url, headers={'Accept': 'application/openmetrics-text;version=1.0.0,*/*;q=0.1'})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


class Metrics(dict):
    """By metric the labels, by label the values seen."""

    def add(self, text, extra=()):
        for line in text.splitlines():
            if line.startswith('#') or not line:
                continue
            sample = SAMPLE.match(line)
            if sample is None:
                raise ValueError(f'not understood in /metrics: {line}')
            labels = self.setdefault(sample[1], {})
            for name, value in [*LABEL.findall(sample[2] or ''), *extra]:
                labels.setdefault(name, set()).add(value)


class Live:
    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix='switchboard-deploy-test.'))
        self.dev = None
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self):
        node = json.loads(self.rabbitmq('start', '--port', 'auto'))
        self.rabbitmq_metrics = self.enable_prometheus()
        self.dev = subprocess.Popen(
            [ROOT / 'deploy/dev', '--serve', '--ports', 'auto', '--amqp', node['amqp']],
            stdout=subprocess.PIPE, stderr=(self.folder / 'dev.log').open('w'), text=True,
            # Nobody is there: what is exported is counted as dropped.
            env=os.environ | {'OTEL_EXPORTER_OTLP_ENDPOINT': 'http://127.0.0.1:9'})
        line = self.dev.stdout.readline()
        if not line:
            raise RuntimeError('deploy/dev ended: ' + (self.folder / 'dev.log').read_text()[-2000:])
        self.addresses = json.loads(line)

    def rabbitmq(self, command, *arguments):
        return subprocess.run([ROOT / 'deploy/rabbitmq', command, self.folder / 'rabbitmq', *arguments],
                              check=True, stdout=subprocess.PIPE, text=True).stdout

    def enable_prometheus(self):
        """RabbitMQ's own /metrics, on a free port that the node chooses and tells."""
        plugins = self.folder / 'rabbitmq/enabled_plugins'
        plugins.write_text('[rabbitmq_prometheus].\n')
        self.rabbitmq('ctl', 'eval', f'''
            application:load(rabbitmq_prometheus),
            application:set_env(rabbitmq_prometheus, tcp_config, [{{port, 0}}, {{ip, "127.0.0.1"}}]),
            application:set_env(rabbit, collect_statistics_interval, 1000),
            rabbit_plugins:ensure("{plugins}").''')
        ports = re.findall(r'\d+', self.rabbitmq(
            'ctl', 'eval', '[P || {_, #{protocol := cowboy_clear, port := P}} <- maps:to_list(ranch:info())].'))
        return f'http://127.0.0.1:{ports[0]}'

    def metrics(self):
        result = Metrics()
        for tier, url in self.addresses['internal'].items():
            result.add(get(f'{url}/metrics'), [('job', tier), ('instance', url)])
        result.add(get(f'{self.rabbitmq_metrics}/metrics'), [('job', 'rabbitmq'), ('instance', '')])
        deadline = time.monotonic() + RABBITMQ_SECONDS_MAX
        detailed = ''
        wanted = ('\nrabbitmq_detailed_queue_consumers{', '\nrabbitmq_detailed_queue_messages_ready{')
        while not all(name in detailed for name in wanted) and time.monotonic() < deadline:
            detailed = get(f'{self.rabbitmq_metrics}/metrics/detailed'
                           '?family=queue_coarse_metrics&family=queue_consumer_count')
            time.sleep(0.2)
        result.add(detailed, [('job', 'rabbitmq-queues'), ('instance', '')])
        return result

    def __exit__(self, *_):
        if self.dev is not None:
            self.dev.terminate()
            self.dev.wait()
        if (self.folder / 'rabbitmq').exists():
            self.rabbitmq('stop')
        shutil.rmtree(self.folder, ignore_errors=True)
