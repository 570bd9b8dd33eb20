"""Checks of compose.yaml, of the image, and of what the collector, Loki, Tempo and Mimir are told."""
import json
import os
import re
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from tools import DEPLOY, ROOT, TIERS, load, output_unless_ok, programs, run, walk


def everything_parses(_):
    for path in sorted(DEPLOY.rglob('*.yaml')):
        try:
            load(path)
        except yaml.YAMLError as error:
            yield f'{path}: {error}'
    for path in sorted(DEPLOY.rglob('*.json')):
        json.loads(path.read_text())


def volumes_of(service):
    return [volume.split(':') for volume in service.get('volumes', [])]


def compose_references(files):
    compose, services = files.compose, files.services
    for name, service in services.items():
        for source, *_ in volumes_of(service):
            if source.startswith('.'):
                if not (DEPLOY / source).exists():
                    yield f'{name}: there is no {source}'
            elif source not in compose['volumes']:
                yield f'{name}: volume {source} is not declared'
        for network in service['networks']:
            if network not in compose['networks']:
                yield f'{name}: network {network} is not declared'
        for other, condition in service.get('depends_on', {}).items():
            if other not in services:
                yield f'{name} depends on {other}, which is no service'
            elif condition['condition'] == 'service_healthy' and 'healthcheck' not in services[other]:
                yield f'{name} waits for the health of {other}, which has no check'
            elif 'profiles' in services[other] and 'profiles' not in service and condition.get('required', True):
                yield f'{name} depends on {other}, which is not always there'
        if 'build' in service and not (DEPLOY / service['build']['context'] / service['build']['dockerfile']).exists():
            yield f'{name}: there is no {service["build"]["dockerfile"]}'
    for volume in compose['volumes']:
        if not any(source == volume for service in services.values() for source, *_ in volumes_of(service)):
            yield f'volume {volume} is not used'


def images_are_pinned(files):
    images = [service['image'] for service in files.services.values() if 'build' not in service]
    images += re.findall(r'^FROM ([^ ]+)', (DEPLOY / 'Dockerfile').read_text(), re.M)
    for image in images:
        tag = image.partition('@')[0].partition(':')[2]
        if not re.search(r'\d+\.\d+|\d{4}-\d\d-\d\d', tag):
            yield f'{image} has no full version'


def only_loopback_is_published(files):
    for name, service in files.services.items():
        if service.get('network_mode') or service.get('privileged'):
            yield f'{name} is not contained'
        for port in service.get('ports', []):
            if not str(port).startswith('127.0.0.1:'):
                yield f'{name} publishes {port}'


def containers_have_no_rights(files):
    for name, service in files.services.items():
        if name == 'rabbitmq':  # It begins as root and steps down by itself, which takes rights.
            continue
        if service.get('cap_drop') != ['ALL'] or service.get('cap_add'):
            yield f'{name} keeps capabilities'
        if service.get('security_opt') != ['no-new-privileges:true']:
            yield f'{name} could gain privileges'
        if str(service.get('user', '')).partition(':')[0] in ('0', 'root'):
            yield f'{name} runs as root'
    for tier in TIERS:
        if files.services[tier].get('read_only') is not True:
            yield f'{tier} may write to its root file system'
        if files.services[tier].get('volumes') or files.services[tier].get('devices'):
            yield f'{tier} is given files of the host'
        if 'pids_limit' not in files.services[tier]:
            yield f'{tier} may start any number of threads'
    users = re.findall(r'^USER (\S+)$', (DEPLOY / 'Dockerfile').read_text().rpartition('FROM ')[2], re.M)
    if users != ['10001:10001']:
        yield f'the image runs as {users}'


def health_is_checked(files):
    for name, service in files.services.items():
        if ('healthcheck' in service) == ('x-no-healthcheck' in service):
            yield f'{name} has neither a health check nor a reason for none, or both'


def generated_environment(folder=None):
    """What deploy/up would write, made in a temporary folder, twice."""
    if folder is None:
        with tempfile.TemporaryDirectory() as folder:
            return generated_environment(folder)
    path, secrets = Path(folder) / '.env', Path(folder) / '.secrets'
    make = f'. {DEPLOY}/lib.sh; environment_file={path}; make_environment'
    subprocess.run(['bash', '-euc', make], check=True)
    first, mode = path.read_text(), path.stat().st_mode & 0o777
    inodes = {file.name: file.stat().st_ino for file in secrets.iterdir()}
    subprocess.run(['bash', '-euc', make], check=True)
    if path.read_text() != first or mode != 0o600:
        raise ValueError(f'made anew the second time, or readable for others ({mode:o})')
    if {file.name: file.stat().st_ino for file in secrets.iterdir()} != inodes or not inodes:
        raise ValueError('the secrets were made anew the second time, and containers would keep the old ones')
    # The containers' user is another.
    modes = [secrets.stat().st_mode & 0o777] + [file.stat().st_mode & 0o777 for file in secrets.iterdir()]
    if set(modes[1:]) != {0o444} or modes[0] != 0o700:
        raise ValueError(f'the modes of the secrets are {[f"{mode:o}" for mode in modes]}')
    return dict(line.split('=', 1) for line in first.splitlines() if not line.startswith('#'))


def interpolated(text, environment):
    def value(match):
        name, rest = re.fullmatch(r'(\w+)(.*)', match[1], re.S).groups()
        if name in environment:
            return environment[name]
        if rest.startswith(':-'):
            return rest[2:]
        raise KeyError(f'{name} has no value, and deploy/up makes none')
    return re.sub(r'\$\{([^}]*)\}', value, str(text))


def secrets_are_generated(files):
    environment = generated_environment()
    secrets = [value for name, value in environment.items() if name != 'S3_ACCESS_KEY']
    if len(set(secrets)) < len(secrets) or min(map(len, secrets)) < 32:
        yield 'secrets are equal or short'
    for name, service in files.services.items():
        for variable, value in (service.get('environment') or {}).items():
            try:
                interpolated(value, environment)
            except KeyError as error:
                yield f'{name}: {error}'
            if str(value).startswith('/run/secrets/'):
                continue
            if re.search('PASS|SECRET|_KEY', variable) and not re.search(r'\$\{\w+:\?', str(value)):
                yield f'{name}: {variable} is not taken from what deploy/up makes'


def tier_environment(files, tier):
    environment = generated_environment()
    return {name: interpolated(value, environment) for name, value in files.services[tier]['environment'].items()}


def secrets_come_as_files(files):
    """A container's variables are shown to whoever may inspect it."""
    secrets = {name: secret['file'] for name, secret in files.compose['secrets'].items()}
    for tier in TIERS:
        environment = files.services[tier]['environment']
        for variable, value in environment.items():
            if re.search(r'\$\{\w*(SECRET|PASSWORD|KEY)', str(value)):
                yield f'{tier}: {variable} holds a secret'
        read = {value.removeprefix('/run/secrets/') for variable, value in environment.items() if variable.endswith('_FILE')}
        given = set(files.services[tier].get('secrets', ()))
        if not read or read != given or not given <= set(secrets):
            yield f'{tier} reads {sorted(read)}, is given {sorted(given)}, and there are {sorted(secrets)}'
    for name, file in secrets.items():
        if file != f'./.secrets/{name}':
            yield f'the secret {name} is {file}, which deploy/up does not make'


def tiers_take_their_settings(files):
    for tier in TIERS:
        with tempfile.TemporaryDirectory() as folder:
            generated_environment(folder)
            environment = {name: str(value).replace('/run/secrets/', f'{folder}/.secrets/')
                           for name, value in tier_environment(files, tier).items()} | {'PATH': os.environ['PATH']}
            for problem in output_unless_ok(programs() / tier, '--check-config', env=environment):
                yield f'{tier}: {problem}'
            if not run(programs() / tier, '--check-config', env={**environment, 'SWITCHBOARD_PORT': '-1'}).returncode:
                yield f'{tier} takes any port: the check checks nothing'


def image_has_what_programs_link(_):
    dockerfile = (DEPLOY / 'Dockerfile').read_text()
    packages = set(re.findall(r'[\w+.-]+', dockerfile.rpartition('FROM ')[2])) | {'libc6', 'libgcc-s1'}
    for program in (*TIERS, 'switchboard'):
        needed = re.findall(r'\(NEEDED\).*\[(.*)\]', run('readelf', '-d', programs() / program).stdout)
        for library in needed:
            owners = set(re.findall(r'^([\w+.-]+):', run('dpkg', '-S', f'*/{library}').stdout, re.M))
            if not owners & packages:
                yield f'{program} needs {library}, of {owners}'
    for source in re.findall(r'^COPY (?!--from)(?:--\S+ )*(\S+) ', dockerfile, re.M):
        if not (ROOT / source).exists():
            yield f'the Dockerfile copies {source}, which is not there'


def docker_takes_it(_):
    with tempfile.NamedTemporaryFile('w', suffix='.env') as file:
        file.write(''.join(f'{name}={value}\n' for name, value in generated_environment().items()))
        file.flush()
        return output_unless_ok('docker', 'compose', '-f', DEPLOY / 'compose.yaml', '--env-file', file.name,
                                '--profile', 'minio', 'config', '-q')


# The collector, and what it and the others speak to

def network_peers(files, name):
    return {other for other, service in files.services.items()
            if set(service['networks']) & set(files.services[name]['networks'])}


def hosts_are_services(files):
    configurations = {'loki': load(DEPLOY / 'stack/loki.yaml'), 'tempo': load(DEPLOY / 'stack/tempo.yaml'),
                      'mimir': load(DEPLOY / 'stack/mimir.yaml'), 'collector': files.collector, 'grafana': files.sources}
    configurations |= {tier: tier_environment(files, tier) for tier in TIERS}
    for name, configuration in configurations.items():
        for path, key, value in walk(configuration):
            if not isinstance(value, str) or 'external' in str(key):
                continue
            url = urlsplit(value if '://' in value else f'tcp://{value}') if re.fullmatch(
                r'(\w+://)?[^\s/]+(:\d+)(/.*)?|\w+://[^\s/]+(/.*)?', value) else None
            host = url and url.hostname
            if host and host not in ('0.0.0.0', '127.0.0.1') and host not in network_peers(files, name):
                yield f'{name}: {path}/{key}: {value} is no service on its network'


def collector_pipelines(files):
    used = {'receivers': set(), 'processors': set(), 'exporters': set()}
    for name, pipeline in files.collector['service']['pipelines'].items():
        for kind, defined in used.items():
            defined |= set(pipeline[kind])
            for component in set(pipeline[kind]) - set(files.collector[kind]):
                yield f'pipeline {name}: {component} is not defined'
    for kind, names in used.items():
        for component in set(files.collector[kind]) - names:
            yield f'{component} is in no pipeline'
    if files.collector['exporters']['prometheus_remote_write/mimir']['add_metric_suffixes'] is not False:
        yield 'the exporter would rename metrics'


def scrape_jobs(files):
    return {job['job_name']: job for job in files.collector['receivers']['prometheus']['config']['scrape_configs']}


def collector_scrapes_the_tiers(files):
    ports = {'public-web': 'SWITCHBOARD_INTERNAL_PORT', 'dispatcher': 'SWITCHBOARD_PORT', 'ping-listener': 'SWITCHBOARD_PORT'}
    for tier, variable in ports.items():
        port = int(files.services[tier]['environment'][variable])
        if scrape_jobs(files)[tier]['dns_sd_configs'] != [
                {'names': [tier], 'type': 'A', 'port': port, 'refresh_interval': '10s'}]:
            yield f'{tier} is not scraped where it listens'
        if files.services[tier]['healthcheck']['test'][-1] != str(port):
            yield f'the health of {tier} is not asked where it listens'
    with tempfile.NamedTemporaryFile('w', suffix='.yaml') as file:
        yaml.safe_dump(files.collector['receivers']['prometheus']['config'], file)
        file.flush()
        yield from output_unless_ok('promtool', 'check', 'config', '--syntax-only', file.name)


def storage_variables_are_given(files):
    buckets = set(re.search(r'for bucket in ([\w ]+);', (DEPLOY / 'stack/minio-setup.sh').read_text())[1].split())
    for name, bucket_key in (('loki', 'bucketnames'), ('tempo', 'bucket'), ('mimir', 'bucket_name')):
        text = (DEPLOY / f'stack/{name}.yaml').read_text()
        for variable in set(re.findall(r'\$\{(\w+)\}', text)) ^ set(files.services[name]['environment']):
            yield f'{name}: {variable} is used and not given, or given and not used'
        for bucket in re.findall(rf'^ +{bucket_key}: (\S+)$', text, re.M):
            if bucket not in buckets:
                yield f'{name}: nobody makes the bucket {bucket}'


CHECKS = (everything_parses, compose_references, images_are_pinned, only_loopback_is_published, containers_have_no_rights, health_is_checked,
          secrets_are_generated, secrets_come_as_files, tiers_take_their_settings, image_has_what_programs_link,
          hosts_are_services, collector_pipelines, collector_scrapes_the_tiers, storage_variables_are_given)
