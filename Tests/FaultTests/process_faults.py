"""Programs that end, or stand still, alone and together."""
import asyncio
import os
import signal

from fault import fault

BEHIND = ('dispatcher', 'ping-listener', 'rabbitmq')
ENDED = 'every accepted request is answered, or gets 503 or 504; none is lost or doubled'


async def end_and_begin(trial, names, number):
    """Each ends at its own time and comes back after a pause of its own; all are there at the end."""
    async def one(name):
        await trial.pause(0, 1)
        await trial.end(name, number)
        await trial.pause(0.2, 3)
        await trial.begin_again(name)

    await asyncio.gather(*(one(name) for name in names))


def register_ends():
    for name in BEHIND:
        for word, number in (('kill', signal.SIGKILL), ('term', signal.SIGTERM)):
            @fault(f'{word}-{name}', ENDED)
            async def end_one(trial, name=name, number=number):
                await end_and_begin(trial, [name], number)


register_ends()


@fault('kill-pair', ENDED)
async def kill_pair(trial):
    names = trial.random.sample(BEHIND, 2)
    trial.notes.append(' and '.join(names))
    await end_and_begin(trial, names, signal.SIGKILL)


@fault('kill-triple', ENDED)
async def kill_triple(trial):
    await end_and_begin(trial, BEHIND, signal.SIGKILL)


async def check_late(trial):
    late = trial.ledger.summary()['errors'].get(504, 0)
    trial.expect(late > 0, 'no deadline passed')


@fault('kill-late', 'what the service takes longer for than its deadline gets one 504, and no answer later', deadline=2,
       check=check_late)
async def kill_late(trial):
    await trial.end('ping-listener', signal.SIGKILL)
    await trial.pause(3, 4)
    await trial.begin_again('ping-listener')


TOLD = 'clients reconnect, are told resumed:false, and know which requests had no answer; none is answered afterwards'


def sessions_were_begun_anew(trial):
    trial.expect(trial.ledger.begun_anew >= len(trial.clients), 'not every client was told that its session is gone')


async def check_told(trial):
    sessions_were_begun_anew(trial)


@fault('kill-public-web', TOLD, loses_sessions=True, check=check_told)
async def kill_public_web(trial):
    await end_and_begin(trial, ['public-web'], signal.SIGKILL)


@fault('term-public-web', TOLD, loses_sessions=True,
       check=check_told)
async def term_public_web(trial):
    await end_and_begin(trial, ['public-web'], signal.SIGTERM)


async def check_nothing_half_served(trial):
    """The other instance knows neither sessions nor requests of the first one."""
    sessions_were_begun_anew(trial)
    for client in trial.clients:
        trial.expect(not client.last_opened['resumed'], f'{client.name} was resumed by an instance that never had it')


@fault('other-instance', 'the other instance begins new sessions, says so, and answers nothing of the old ones; the first '
       'instance is killed in the meantime', loses_sessions=True, instances=2, check=check_nothing_half_served)
async def other_instance(trial):
    trial.link('client').target = trial.stack.second_port
    trial.link('client').reset_all()
    await trial.pause(0.5, 1.5)
    await trial.end('public-web', signal.SIGKILL)
    await trial.pause(0.5, 1.5)


STOOD = 'nothing is lost or doubled; what takes longer than its deadline gets 504'


def register_stops():
    for name in ('public-web', *BEHIND):
        @fault(f'stop-{name}', STOOD)
        async def stop_one(trial, name=name):
            pid = trial.pids()[name]
            os.kill(pid, signal.SIGSTOP)
            try:
                await trial.pause(2, 5)
            finally:
                os.kill(pid, signal.SIGCONT)


register_stops()
