"""Runs the matrix of faults; see deploy/faults --help."""
import argparse
import asyncio
import concurrent.futures
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from time import monotonic

import dead_letter_faults  # noqa: F401
import machine_faults  # noqa: F401
import mixed_faults  # noqa: F401
import network_faults  # noqa: F401
import process_faults  # noqa: F401
import report
from fault import faults
from stack import ROOT, Node, end_with_parent
from trial import Trial

# One of each kind, for every day.
SHORT = ('kill-dispatcher', 'kill-ping-listener', 'kill-rabbitmq', 'kill-triple', 'kill-late', 'kill-public-web',
         'kill-public-web-waiting', 'poison', 'other-instance', 'stop-dispatcher', 'half-open-*', 'cut-client',
         'slow-dispatch', 'corrupt-client', 'corrupt-events', 'alarm-memory', 'output-stuck', 'output-closed',
         'log-limit', 'descriptors-*', 'clock-back', 'clock-dispatcher', 'collector-hangs', 'mixed*')

node = None


def begin_worker(folder, settings):
    """Each worker has a RabbitMQ node of its own, so that its end is nobody else's."""
    global node
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    node = Node(Path(folder) / f'rabbitmq-{os.getpid()}')


def run_fault(name, round_number, folder, settings):
    seed = f'{settings["seed"]} {round_number}'
    return asyncio.run(run_trial(faults[name], seed, Path(folder) / f'{name}-{round_number}', settings))


async def run_trial(fault, seed, folder, settings):
    try:
        await node.start()
        return await Trial(fault, node, folder, seed, settings).run()
    except Exception as error:
        return report.failed_to_run(fault.name, f'{error}', traceback.format_exc())


def parse_arguments():
    parser = argparse.ArgumentParser(prog='deploy/faults', add_help=False)
    parser.add_argument('--minutes', type=float, default=0)
    parser.add_argument('--seed', type=int, default=None)
    parser.add_argument('--only', nargs='+', default=[], metavar='NAME')
    parser.add_argument('--short', action='store_true')
    parser.add_argument('--list', action='store_true')
    parser.add_argument('--json', metavar='FILE')
    parser.add_argument('--sessions', type=int, default=50)
    parser.add_argument('--rate', type=float, default=200)
    parser.add_argument('--workers', type=int, default=2)
    parser.add_argument('--keep', metavar='FOLDER')
    return parser.parse_args()


def chosen(patterns):
    names = []
    for pattern in patterns or ['*']:
        found = [name for name in faults if name == pattern or Path(name).match(pattern)]
        if not found:
            sys.exit(f'faults: there is no fault {pattern}; see deploy/faults --list')
        names += [name for name in found if name not in names]
    return names


def order(names, seed, round_number):
    names = list(names)
    random.Random(f'{seed} {round_number}').shuffle(names)
    return names


def run_matrix(arguments, folder):
    """Rounds of all faults, in an order of the seed's, until the time is over; the first is always complete."""
    settings = {'seed': arguments.seed, 'sessions': arguments.sessions, 'rate': arguments.rate}
    names, results = chosen(arguments.only or (SHORT if arguments.short else ())), []
    end = monotonic() + arguments.minutes * 60
    with concurrent.futures.ProcessPoolExecutor(
            arguments.workers, initializer=begin_worker, initargs=(folder, settings)) as pool:
        try:
            round_number, waiting, running = 1, order(names, arguments.seed, 1), {}
            while waiting or running:
                while waiting and len(running) < arguments.workers:
                    name = waiting.pop(0)
                    running[pool.submit(run_fault, name, round_number, folder, settings)] = name
                done, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
                for future in done:
                    running.pop(future)
                    results.append(future.result())
                    report.show(results[-1])
                if not waiting and monotonic() < end:
                    round_number += 1
                    waiting = order(names, arguments.seed, round_number)
                if round_number > 1 and monotonic() >= end:
                    waiting = []
        except BaseException:
            for process in list((pool._processes or {}).values()):
                process.kill()
            raise
    return results


def end_nodes(folder):
    for node in Path(folder).glob('rabbitmq-*'):
        subprocess.run([ROOT / 'deploy/rabbitmq', 'stop', node], stdout=subprocess.DEVNULL)


def main():
    arguments = parse_arguments()
    if arguments.list:
        return report.list_faults(faults.values())
    if arguments.seed is None:
        arguments.seed = random.SystemRandom().randrange(1 << 31)
    print(f'faults: seed {arguments.seed}', file=sys.stderr, flush=True)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    folder = arguments.keep or tempfile.mkdtemp(prefix='switchboard-faults-')
    report.heading()
    try:
        results = run_matrix(arguments, folder)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        end_nodes(folder)
        if not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps({'seed': arguments.seed, 'faults': results}, indent=1) + '\n')
    failed = sum(not result['passed'] for result in results)
    print(f'{len(results) - failed} passed, {failed} failed', flush=True)
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
