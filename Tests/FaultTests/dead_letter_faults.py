"""What ends among the dead letters, and is found there."""
import asyncio
import contextlib
import json
import signal
import subprocess
from time import monotonic

from fault import PASSING, fault
from stack import BIN, environment

MARK = 'poison-for-the-listener'
POISONED = 2
# Of a service's queue: so many times a crash brings its event back.
DELIVERY_LIMIT = 5
POISON_SECONDS_MAX = 25
# What a client sent so long before public-web was killed has long been confirmed by the broker.
CONFIRMED_SECONDS = 1
# RabbitMQ expires messages at the front of a queue, and the dead-letter exchange takes a moment.
LETTERS_SECONDS_MAX = 10


async def dead_letters(trial, *arguments):
    """- Returns: what `switchboard dead-letters ... --json` prints, a list of objects."""
    process = await asyncio.create_subprocess_exec(
        BIN / 'switchboard', 'dead-letters', *arguments, '--json', stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=environment(SWITCHBOARD_AMQP_URL=trial.stack.amqp_url))
    output, errors = await process.communicate()
    trial.expect(process.returncode == 0, f'dead-letters {" ".join(arguments)}: {errors.decode().strip()}')
    return [json.loads(line) for line in output.decode().splitlines()]


async def supervise(trial, crashes):
    """Starts the listener again whenever it has fallen, as a supervisor would."""
    program = trial.program('ping-listener')
    while True:
        program.is_end_wanted = True
        if program.process.poll() is not None:
            crashes.append(program.process.returncode)
            await trial.pause(0, 0.3)
            program.start()
        await asyncio.sleep(0.02)


async def without_poison(trial):
    """The listener is mended."""
    program = trial.program('ping-listener')
    await program.end(signal.SIGTERM)
    program.variables = {name: value for name, value in program.variables.items() if name != 'PING_LISTENER_CRASH_ON'}
    program.start()
    await trial.stack.await_ready(program)


async def check_poison(trial):
    for entry in trial.ledger.entries.values():
        statuses = [status for _, status in entry.outcomes]
        if entry.mark:
            trial.expect(statuses == [502], f'poison had another end than one 502: {entry.story}')
        else:
            trial.expect(502 not in statuses and entry.refused != 502, f'an innocent event got 502: {entry.story}')
    poison = {entry.id for entry in trial.ledger.entries.values() if entry.mark}
    letters = await dead_letters(trial, 'list', '--reason', 'delivery_limit')
    trial.expect(sorted(letter['id'] for letter in letters) == sorted(poison),
                 f'not the poison is among the dead letters, but {[letter["id"] for letter in letters]}')
    for id in sorted(poison):
        shown = await dead_letters(trial, 'show', id)
        trial.expect(len(shown) == 1 and shown[0]['event']['data'].get('mark') == MARK, f'{id} is not shown')
    # Mended, the service does the work; of the answers nobody is told.
    listener, handled = trial.program('ping-listener'), 'switchboard_listener_events_total'
    expected = await listener.metric(handled) + POISONED
    await dead_letters(trial, 'replay', '--all', '--reason', 'delivery_limit')
    end = monotonic() + LETTERS_SECONDS_MAX
    while await listener.metric(handled) < expected and monotonic() < end:
        await asyncio.sleep(0.05)
    trial.expect(await listener.metric(handled) == expected, 'what was replayed was not handled')
    letters = await dead_letters(trial, 'list', '--reason', 'delivery_limit')
    trial.expect(not letters, f'{len(letters)} of what was replayed is still there')


@fault('poison', 'an event on which the listener falls gets one 502, lies among the dead letters with its reason, and can '
       'be replayed; all others are answered', errors=(*PASSING, 502), deadline=30, check=check_poison,
       programs={'ping-listener': {'variables': {'PING_LISTENER_CRASH_ON': MARK}}})
async def poison(trial):
    crashes = []
    supervisor = asyncio.create_task(supervise(trial, crashes))
    entries = []
    for client in trial.random.sample(trial.clients, POISONED):
        await trial.pause(0, 0.5)
        entries.append(client.ask_marked(MARK))
    end = monotonic() + POISON_SECONDS_MAX
    while not all(entry.is_settled for entry in entries) and monotonic() < end:
        await asyncio.sleep(0.05)
    supervisor.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await supervisor
    trial.expect(len(crashes) > DELIVERY_LIMIT, f'the listener fell {len(crashes)} times only')
    trial.expect(all(status == -signal.SIGKILL for status in crashes), f'the listener ended with {sorted(set(crashes))}')
    await without_poison(trial)
    trial.notes.append(f'the listener fell {len(crashes)} times')


async def check_confirmed(trial):
    told = [entry for entry in trial.ledger.entries.values() if entry.told is not None]
    trial.expect(trial.ledger.begun_anew >= len(trial.clients), 'not every client was told that its session is gone')
    confirmed = {entry.id for entry in told if entry.sent < trial.killed_at - CONFIRMED_SECONDS}
    trial.expect(confirmed, 'nothing was waiting when public-web was killed')
    missing, end = confirmed, monotonic() + LETTERS_SECONDS_MAX
    while missing and monotonic() < end:
        letters = await dead_letters(trial, 'list', '--reason', 'expired')
        missing = confirmed - {letter['id'] for letter in letters}
    trial.expect(not missing, f'{len(missing)} of {len(confirmed)} that the broker had confirmed are neither answered nor '
                 f'among the dead letters, like {sorted(missing)[:3]}')
    answered = {entry.id for entry in trial.ledger.entries.values() if entry.outcomes and entry.outcomes[0][1] is None}
    both = answered & {letter['id'] for letter in letters}
    trial.expect(not both, f'{len(both)} are answered and dead, like {sorted(both)[:3]}')
    trial.notes.append(f'{len(confirmed)} were confirmed and told to be lost; {len(confirmed - missing)} of them lie among '
                       f'the {len(letters)} dead letters')


@fault('kill-public-web-waiting', 'requests that wait at the broker when public-web is killed: clients are told that they '
       'are lost, and each is found by its id among the dead letters', deadline=4, loses_sessions=True, check=check_confirmed)
async def kill_public_web_waiting(trial):
    await trial.end('ping-listener', signal.SIGTERM)
    await trial.pause(2, 3)
    trial.killed_at = monotonic()
    await trial.end('public-web', signal.SIGKILL)
    await trial.pause(0.2, 2)
    await trial.begin_again('public-web')
    # Until the last of what waits has expired.
    await asyncio.sleep(trial.deadline + 1)
    await trial.begin_again('ping-listener')
