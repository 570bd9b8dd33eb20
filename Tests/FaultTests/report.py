"""What the harness prints."""
import sys

MEBIBYTE = 1 << 20
COLUMNS = ('fault', 'accepted', 'answered', 'errors', 'told', 'lost', 'double', 'recovery s', 'memory MiB', '')
WIDTHS = (26, 8, 8, 18, 5, 4, 6, 12, 26, 6)


def line(values):
    return '  '.join(str(value).ljust(width) if index in (0, 3, 8) else str(value).rjust(width)
                     for index, (value, width) in enumerate(zip(values, WIDTHS))).rstrip()


def heading():
    print('memory: public-web, dispatcher, ping-listener, each before/peak/after; recovery: first answer, every session')
    print(line(COLUMNS), flush=True)


def by_status(counts):
    return ' '.join(f'{status}:{count}' for status, count in counts.items())


def memory(figures):
    def sizes(name):
        one = figures.get(name)
        return '/'.join(str(one[key] // MEBIBYTE) for key in ('before', 'peak', 'after')) if one else '-'
    return ' '.join(sizes(name) for name in ('public-web', 'dispatcher', 'ping-listener'))


def seconds(value):
    return '-' if value is None else f'{value:.1f}'


def show(result):
    if 'accepted' in result:
        errors = dict(result['errors'])
        for status, count in result['refused'].items():
            errors[status] = errors.get(status, 0) + count
        print(line((result['fault'], result['accepted'], result['answered'], by_status(errors) or '-', result['told'],
                    result['lost'], result['duplicated'],
                    f'{seconds(result["recovery"]["first"])} {seconds(result["recovery"]["all"])}',
                    memory(result['memory']), 'ok' if result['passed'] else 'FAILED')))
    else:
        print(line((result['fault'], *[''] * 8, 'FAILED')))
    for problem in result['problems']:
        print(f'FAILED {result["fault"]}: {problem}')
    for note in result['notes']:
        print(f'    {note}')
    sys.stdout.flush()


def failed_to_run(name, text, details):
    print(details, file=sys.stderr, flush=True)
    return {'fault': name, 'passed': False, 'problems': [f'could not be run: {text}'], 'notes': []}


def list_faults(faults):
    for fault in faults:
        print(f'{fault.name:26}  {fault.outcome}')
