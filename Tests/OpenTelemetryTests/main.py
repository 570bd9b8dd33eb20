"""Runs the scenarios beside each other, then their checks."""
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

import failures
import outages
import pings
import sampling
import stack

SCENARIOS = {'pings': pings.Pings, 'failures': failures.Failures, 'unsampled': sampling.Unsampled,
             'parents': sampling.Parents, 'outages': outages.Outages}


class Results:
    def __init__(self):
        self.passed = self.failed = 0

    def add(self, title, problems):
        if problems:
            self.failed += 1
            shown = [str(problem) for problem in problems]
            more = [f'(and {len(shown) - 12} more)'] if len(shown) > 12 else []
            print(f'FAILED {title}', *shown[:12], *more, sep='\n    ', flush=True)
        else:
            self.passed += 1
            print(f'ok {title}', flush=True)

    def check(self, scenario, name, function):
        try:
            problems = list(function() or ())
        except Exception as error:  # a check that breaks has failed
            where = traceback.extract_tb(error.__traceback__)[-1]
            problems = [f'{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})']
        self.add(f'{scenario}: {name.replace("_", " ")}', problems)


def main(kept, names):
    unknown = set(names) - set(SCENARIOS)
    if unknown:
        stack.note(f'opentelemetry: there is no scenario {", ".join(sorted(unknown))}')
        return 2
    chosen = {name: make for name, make in SCENARIOS.items() if not names or name in names}
    kept.mkdir(parents=True)
    results, began = Results(), time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix='switchboard-opentelemetry.'))
    node = stack.Node(folder / 'rabbitmq')
    try:
        node.start(hosts=sum(make.HOSTS for make in chosen.values()))
        scenarios = {name: make(node, kept) for name, make in chosen.items()}
        under_way = {name: stack.Background(scenario.run) for name, scenario in scenarios.items()}
        for name, scenario in scenarios.items():
            try:
                under_way[name].result()
            except Exception as error:
                results.add(f'{name}: runs to its end', [''.join(traceback.format_exception(error))])
            for check in scenario.checks():
                results.check(name, check.__name__, check)
            stack.note(f'opentelemetry: {name} after {time.monotonic() - began:.0f} s')
    finally:
        stack.end_all()
        node.stop()
        shutil.rmtree(folder, ignore_errors=True)
    stack.note(f'opentelemetry: {time.monotonic() - began:.0f} s; what was exported and printed: {kept}')
    print(f'{results.passed} passed, {results.failed} failed')
    return 1 if results.failed else 0


def terminate(*_):
    raise SystemExit(143)


if __name__ == '__main__':
    signal.signal(signal.SIGTERM, terminate)
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
