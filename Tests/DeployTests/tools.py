"""What the checks share: the files that they check, read once, and running commands."""
import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import yaml

import promql

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DEPLOY = ROOT / 'deploy'
TIERS = ('public-web', 'dispatcher', 'ping-listener')


def programs():
    """The folder of the release programs; built if need be."""
    if 'SWITCHBOARD_BIN_PATH' not in os.environ:
        os.environ['SWITCHBOARD_BIN_PATH'] = os.environ.get('SWITCHBOARD_TEST_BIN_PATH') or subprocess.check_output(
            ['bash', '-c', f'program=deploy; . {DEPLOY}/lib.sh; build_programs; echo "$bin"'], text=True).strip()
    return Path(os.environ['SWITCHBOARD_BIN_PATH']).resolve()


class StrictLoader(yaml.SafeLoader):
    """Refuses a key that stands twice, which YAML forbids and PyYAML takes."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value if key.tag != 'tag:yaml.org,2002:merge']
        for key, count in Counter(keys).items():
            if count > 1:
                raise yaml.YAMLError(f'{key} stands twice, {node.start_mark}')
        return super().construct_mapping(node, deep)


def load(path):
    return yaml.load(path.read_text(), StrictLoader)


def run(*command, **options):
    options.setdefault('env', os.environ)
    return subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          **options)


def output_unless_ok(*command, **options):
    result = run(*command, **options)
    return [] if result.returncode == 0 else [result.stdout.strip() or f'status {result.returncode}']


def walk(value, path=''):
    """Every (path, key, value) in a tree of mappings and lists."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield path, key, inner
        yield from walk(inner, f'{path}/{key}')


class Files:
    """What is checked, read once. A file that does not parse is the only failure then."""

    def __init__(self):
        self.compose = load(DEPLOY / 'compose.yaml')
        self.services = self.compose['services']
        self.collector = load(DEPLOY / 'stack/collector.yaml')
        grafana = DEPLOY / 'stack/grafana'
        self.sources = load(grafana / 'provisioning/datasources/switchboard.yaml')['datasources']
        self.providers = load(grafana / 'provisioning/dashboards/switchboard.yaml')['providers']
        self.dashboards = {path.name: json.loads(path.read_text()) for path in sorted((grafana / 'dashboards').glob('*.json'))}
        self.rules_path = DEPLOY / 'stack/rules/anonymous/switchboard.yaml'
        self.rules = [rule for group in load(self.rules_path)['groups'] for rule in group['rules']]

    def panels(self):
        for name, dashboard in self.dashboards.items():
            for panel in dashboard['panels']:
                yield f'{name}, panel {panel["title"]!r}', panel

    def queries(self):
        """(where, PromQL, text that may name labels as {{label}})."""
        for where, panel in self.panels():
            for target in panel.get('targets', []):
                if target['datasource']['uid'] == 'mimir':
                    yield where, promql.concrete(target['expr']), target.get('legendFormat', '')
        for source in self.sources:
            for query in source['jsonData'].get('tracesToMetrics', {}).get('queries', []):
                yield f'data source {source["name"]}', promql.concrete(query['query'].replace('$$', '$')), ''
        for rule in self.rules:
            yield f'alert {rule["alert"]}', rule['expr'], ''
