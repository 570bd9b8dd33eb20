"""Checks of what Grafana is provisioned with, and of every query: panels, data sources, alert rules."""
import json
import os
import re
import tempfile
from collections import Counter

import yaml

import promql
from containers import scrape_jobs, volumes_of
from tools import DEPLOY, HERE, output_unless_ok, walk

# Made by Tempo from the traces, by the names in its documentation.
SPAN_METRICS = {
    'traces_spanmetrics_calls_total': {'service', 'span_name', 'span_kind', 'status_code'},
    'traces_spanmetrics_latency_bucket': {'service', 'span_name', 'span_kind', 'status_code', 'le'},
}
# Made by the scraper.
SCRAPE_METRICS = {'up': {'job', 'instance'}}


def data_sources_exist(files):
    types = {source['uid']: source['type'] for source in files.sources}
    if len(types) < len(files.sources):
        yield 'a uid stands twice'
    for where, tree in [('data sources', files.sources), *files.dashboards.items()]:
        for path, key, value in walk(tree):
            if key in ('datasourceUid', 'alertmanagerUid') and value not in types:
                yield f'{where}: {path}/{key}: {value} is no data source'
            if key == 'datasource' and types.get(value['uid']) != value['type']:
                yield f'{where}: {path}: {value} is no data source'


def dashboards_are_whole(files):
    uids = [dashboard['uid'] for dashboard in files.dashboards.values()]
    if len(set(uids)) < len(uids):
        yield 'a uid stands twice'
    for name, dashboard in files.dashboards.items():
        for uid in re.findall(r'/d/([\w-]+)', json.dumps(dashboard)):
            if uid not in uids:
                yield f'{name} links to {uid}, which is no dashboard'
        cells = Counter()
        for panel in dashboard['panels']:
            grid = panel['gridPos']
            cells.update((x, y) for x in range(grid['x'], grid['x'] + grid['w']) for y in range(grid['y'], grid['y'] + grid['h']))
            if grid['x'] + grid['w'] > 24 or not panel['title']:
                yield f'{name}: {panel["title"]!r} is too wide, or has no title'
        if max(cells.values()) > 1:
            yield f'{name}: panels overlap'
        if len({panel['id'] for panel in dashboard['panels']}) < len(dashboard['panels']):
            yield f'{name}: a panel id stands twice'
        variables = {variable['name'] for variable in dashboard['templating']['list']}
        for path, key, value in walk(dashboard['panels']):
            if key in ('expr', 'query'):
                for variable in set(re.findall(r'\$\{?(\w+)', str(value))) - variables - {'__rate_interval'}:
                    yield f'{name}: {path}/{key}: there is no variable {variable}'
    mounts = {target: source for source, target, *_ in volumes_of(files.services['grafana'])}
    home = files.services['grafana']['environment']['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH']
    if not (DEPLOY / mounts[os.path.dirname(home)] / os.path.basename(home)).exists():
        yield f'there is no {home}'
    for provider in files.providers:
        if provider['options']['path'] not in mounts:
            yield f'{provider["options"]["path"]} is not mounted'


def log_and_trace_queries(files):
    """Neither LogQL nor TraceQL has a parser here: labels and brackets only."""
    for where, panel in files.panels():
        for target in panel.get('targets', []):
            text = target.get('expr') if target['datasource']['uid'] == 'loki' else target.get('query')
            if text is None or target['datasource']['uid'] == 'mimir' or text.startswith('$'):
                continue
            bare = re.sub(r'"[^"]*"', '', text)
            if bare.count('{') != bare.count('}') or '"' in bare or not text.startswith('{'):
                yield f'{where}: brackets or quotes of {text}'
            if target['datasource']['uid'] == 'loki':
                selector, _, filters = bare.partition('}')
                labels = set(re.findall(r'(\w+)\s*(?:=~|!~|!=|=)', selector)), set(re.findall(r'(\w+)\s*(?:=~|!~|!=|=)', filters))
                if not labels[0] <= {'service_name'} or not labels[1] <= {'trace_id', 'correlation_id', 'detected_level'}:
                    yield f'{where}: {text} names labels that Loki does not have'


# PromQL and the rules

def queries_are_promql(files):
    groups = [{'name': 'queries', 'rules': [
        {'record': f'query:{index}', 'expr': expression} for index, (_, expression, _) in enumerate(files.queries())]}]
    with tempfile.NamedTemporaryFile('w', suffix='.yaml') as file:
        yaml.safe_dump({'groups': groups}, file, width=1000)
        file.flush()
        return output_unless_ok('promtool', 'check', 'rules', file.name)


def rules_are_whole(files):
    yield from output_unless_ok('promtool', 'check', 'rules', files.rules_path)
    for rule in files.rules:
        if not {'summary', 'runbook'} <= set(rule['annotations']) or rule['labels'].get('severity') not in ('warning', 'critical'):
            yield f'{rule["alert"]}: summary, runbook or severity is missing'
        known = promql.Query(rule['expr']).groupings | {'job', 'instance'}
        for label in set(re.findall(r'\$labels\.(\w+)', str(rule['annotations']))) - known:
            yield f'{rule["alert"]}: its text names {label}, which its result does not have'


def rules_fire_when_they_should(files):
    tests = (HERE / 'rules.yaml').read_text()
    yield from output_unless_ok('promtool', 'test', 'rules', HERE / 'rules.yaml')
    for rule in files.rules:
        if rule['alert'] not in tests:
            yield f'{rule["alert"]} has no test'


def metrics_exist(files, metrics):
    """Every metric is in /metrics, with the labels, and the values of labels, that a query names."""
    jobs = set(scrape_jobs(files))
    allowed = {name: {label: None for label in labels | {'job', 'instance'}}
               for name, labels in (SPAN_METRICS | SCRAPE_METRICS).items()} | metrics
    for where, expression, legend in files.queries():
        query = promql.Query(expression)
        if not query.metrics:
            yield f'{where}: no metric in {expression}'
        for metric in query.metrics - set(allowed):
            yield f'{where}: there is no metric {metric}'
        labels = set().union(*(allowed.get(metric, {}) for metric in query.metrics))
        for label in query.groupings - labels:
            yield f'{where}: no metric of it has the label {label}'
        for label in set(re.findall(r'\{\{(\w+)\}\}', legend)) - query.groupings:
            yield f'{where}: the legend names {label}, which its result does not have'
        for metric, label, operator, value in query.matchers:
            seen = allowed.get(metric, {})
            if label not in seen:
                yield f'{where}: {metric} has no label {label}'
                continue
            values = jobs if label == 'job' else seen[label]
            wanted = {value} if operator == '=' else set(value.split('|')) if re.fullmatch(r'[\w|.-]+', value) and '..' not in value else set()
            if values is not None and wanted - values:
                yield f'{where}: {label} of {metric} is never {wanted - values}'


CHECKS = (data_sources_exist, dashboards_are_whole, log_and_trace_queries, queries_are_promql, rules_are_whole,
          rules_fire_when_they_should)
