"""Several faults of different kinds at the same time."""
import asyncio
import os
import signal

from fault import fault
from network_faults import LINKS
from process_faults import BEHIND, end_and_begin

TOGETHER = ('every accepted request has one answer or one error, or its client is told that it was lost; all comes back by '
            'itself')


async def end(trial, name):
    await end_and_begin(trial, [name], signal.SIGKILL)


async def stand_still(trial, name):
    await trial.pause(0, 1)
    pid = trial.pids()[name]
    os.kill(pid, signal.SIGSTOP)
    await trial.pause(1, 4)
    os.kill(pid, signal.SIGCONT)


async def break_link(trial, name, mode):
    await trial.pause(0, 1)
    trial.link(name).set(mode, latency=0.3, rate=100_000)
    await trial.pause(2, 5)
    trial.link(name).set('pass')


def choose(trial, others):
    """Each program and each link has one trouble at most."""
    ended = trial.random.sample(others, trial.random.randrange(1, 3))
    stopped = trial.random.sample([name for name in others if name not in ended], trial.random.randrange(0, 2))
    broken = trial.random.sample(sorted(LINKS), trial.random.randrange(1, 3))
    troubles = [('kill', name, end(trial, name)) for name in ended]
    troubles += [('stop', name, stand_still(trial, name)) for name in stopped]
    for name in broken:
        mode = trial.random.choice(('slow', 'cut', 'silent'))
        troubles.append((mode, name, break_link(trial, name, mode)))
    return troubles


async def run_all(trial, troubles):
    trial.notes.append(', '.join(f'{kind} {name}' for kind, name, _ in troubles))
    trial.loses_sessions = any(kind == 'kill' and name == 'public-web' for kind, name, _ in troubles)
    await asyncio.gather(*(action for _, _, action in troubles))


@fault('mixed-behind', 'kills, stops and network troubles behind public-web, together: nothing is lost or doubled')
async def mixed_behind(trial):
    await run_all(trial, choose(trial, BEHIND))


@fault('mixed', 'the same with public-web: ' + TOGETHER)
async def mixed(trial):
    await run_all(trial, choose(trial, ('public-web', *BEHIND)))
