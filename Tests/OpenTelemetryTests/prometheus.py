"""Prometheus itself, scraping the tiers and RabbitMQ under the jobs' names of the stack in containers."""
import json
import sys
import urllib.parse
from pathlib import Path

import yaml

import stack
from collector import until

sys.path.append(str(Path(__file__).resolve().parents[1] / 'DeployTests'))
import promql  # noqa: E402
import queries  # noqa: E402
import tools  # noqa: E402

SCRAPE_SECONDS_MAX = 30
# Made by Tempo out of traces, and by the scraper.
NOT_SCRAPED = {*queries.SPAN_METRICS, *queries.SCRAPE_METRICS}


class Prometheus:
    def __init__(self, folder, targets, rabbitmq):
        """targets: by job the address."""
        self.folder = folder
        folder.mkdir()
        jobs = [{'job_name': job, 'static_configs': [{'targets': [target]}]} for job, target in targets.items()]
        jobs.append({'job_name': 'rabbitmq', 'static_configs': [{'targets': [rabbitmq]}]})
        jobs.append({'job_name': 'rabbitmq-queues', 'metrics_path': '/metrics/detailed',
                     'params': {'family': ['queue_coarse_metrics', 'queue_consumer_count']},
                     'static_configs': [{'targets': [rabbitmq]}]})
        self.jobs = {job['job_name'] for job in jobs}
        configuration = folder / 'prometheus.yaml'
        configuration.write_text(yaml.safe_dump({
            'global': {'scrape_interval': '1s', 'scrape_timeout': '1s', 'evaluation_interval': '1s'},
            'rule_files': [str(tools.Files().rules_path)], 'scrape_configs': jobs}))
        self.port = stack.free_port()
        with open(folder / 'log', 'w') as log:
            self.process = stack.launch(
                'prometheus', f'--config.file={configuration}', f'--storage.tsdb.path={folder / "data"}',
                f'--web.listen-address=127.0.0.1:{self.port}', '--enable-feature=exemplar-storage', '--log.level=warn',
                stdout=log, stderr=log)

    def ask(self, path, **parameters):
        url = f'http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}'
        answer = json.loads(stack.get(url))
        if answer['status'] != 'success':
            raise RuntimeError(f'{parameters}: {answer}')
        return answer['data']

    def query(self, expression):
        return self.ask('query', query=expression)['result']

    def await_scrapes(self):
        """By job whether it is up."""
        def ups():
            try:
                return {sample['metric']['job']: sample['value'][1] == '1' for sample in self.query('up')}
            except OSError:
                return {}
        until(lambda: ups() == dict.fromkeys(self.jobs, True), SCRAPE_SECONDS_MAX)
        return ups()

    def await_series(self, names):
        """Those of the names that have no value, after a while."""
        def absent():
            there = {sample['metric']['__name__'] for sample in self.query('{__name__=~".+"}')}
            return set(names) - there
        until(lambda: not absent(), SCRAPE_SECONDS_MAX, pause=0.25)
        return absent()

    def exemplars(self, metric):
        return [exemplar for series in self.ask('query_exemplars', query=metric, start='0', end='9999999999')
                for exemplar in series['exemplars']]

    def stop(self):
        self.process.terminate()
        self.process.wait()


def expressions():
    """Those of the dashboards and alert rules, with the names of the metrics they are of."""
    for where, expression, _ in tools.Files().queries():
        yield where, expression, promql.Query(expression).metrics - NOT_SCRAPED
