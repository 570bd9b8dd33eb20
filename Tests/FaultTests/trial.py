"""One fault on one stack: load, the fault, recovery, and the ledger's verdict."""
import asyncio
import random
import signal
from time import monotonic

from client import Client, Poster
from ledger import Ledger
from memory import Memory
from stack import Stack

WARM_SECONDS = 1.0
# After the end of a fault, load goes on until every session has had an answer, and so long at least and at most.
RECOVERY_SECONDS_MIN, RECOVERY_SECONDS_MAX = 3.5, 16
# After the last deadline.
SETTLE_SECONDS_MAX = 6
RECOVERED_SECONDS_MAX = 5
# With a RabbitMQ that starts.
BROKER_RECOVERED_SECONDS_MAX = 8
# So long after the first answer all is as before.
LATE_SECONDS_MAX = 2
MEBIBYTE = 1 << 20
MEMORY_GROWTH_MAX = 32 * MEBIBYTE
POSTERS = 4


class Trial:
    """What a fault's function is given: the stack, its clients and ledger, and randomness of its own."""

    def __init__(self, fault, node, folder, seed, settings):
        self.fault, self.node, self.settings = fault, node, settings
        self.random = random.Random(f'{seed} {fault.name}')
        self.ledger = Ledger()
        # Longer than any fault and the recovery from it, so that a 504 says that something was lost behind public-web, which
        # answers in any case when the deadline passes.
        self.deadline = fault.options.get('deadline', 20)
        self.stack = Stack(node, folder, seed, {'deadline': self.deadline} | fault.options)
        self.seed = seed
        self.problems, self.notes = [], []
        self.is_loading = False
        self.loses_sessions = fault.options.get('loses_sessions', False)
        # The fault itself ends connections of clients.
        self.drops_clients = fault.options.get('drops_clients', False)
        self.recovery_seconds_max = RECOVERED_SECONDS_MAX
        # None: until something was broken and mended. A fault without an end of its own sets it.
        self.ended_at = None

    # For the faults

    def program(self, name):
        return self.stack.programs[name]

    def link(self, name):
        return self.stack.links[name]

    async def pause(self, least, most):
        await asyncio.sleep(self.random.uniform(least, most))

    async def end(self, name, number):
        self.drops_clients |= name == 'public-web'
        if name != 'rabbitmq':
            return await self.program(name).end(number)
        self.recovery_seconds_max = BROKER_RECOVERED_SECONDS_MAX
        await (self.node.kill() if number == signal.SIGKILL else self.node.stop())

    async def begin_again(self, name):
        if name == 'rabbitmq':
            await self.node.start()
        else:
            self.program(name).start()

    def expect(self, is_so, text):
        if not is_so:
            self.problems.append(text)

    def pids(self):
        return {name: program.pid for name, program in self.stack.programs.items()} | {'rabbitmq': self.node.pid}

    # The course

    async def run(self):
        began = monotonic()
        await self.stack.start()
        self.make_clients()
        tasks = [asyncio.create_task(client.run()) for client in self.clients]
        try:
            await self.await_sessions()
            self.is_loading = True
            tasks.append(asyncio.create_task(self.load()))
            await asyncio.sleep(WARM_SECONDS)
            self.memory = Memory(self.pids)
            self.began_at = monotonic()
            tasks.append(asyncio.create_task(self.memory.watch()))
            await self.fault.function(self)
            self.ended_at = self.ended_at or monotonic()
            recovered = await self.recover()
            self.is_loading = False
            await self.settle()
            await self.check_outcome(recovered)
        finally:
            for task in tasks:
                task.cancel()
            for result in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(result, Exception):
                    self.problems.append(f'a client failed: {result!r}')
            self.problems += self.stack.crashes
            await self.stack.stop()
        return self.result(recovered, monotonic() - began)

    def make_clients(self):
        settings = {'silence_margin': 1} | self.fault.options.get('client', {})
        target = self.link('client').port
        self.clients = [Client(f's{number}', self.ledger, target, settings, self.seed)
                        for number in range(self.settings['sessions'])]
        self.posters = [Poster(f'p{number}', self.ledger, target, settings, self.seed) for number in range(POSTERS)]

    async def await_sessions(self):
        for _ in range(400):
            if all(client.writer for client in self.clients):
                return
            await asyncio.sleep(0.05)
        raise RuntimeError(f'not all sessions were opened: {dict(self.ledger.violations)}')

    async def load(self):
        """Open loop: each client is due at its own times, answered or not."""
        everybody = self.clients + self.posters
        loop, due = asyncio.get_running_loop(), asyncio.get_running_loop().time()
        step = 1 / self.settings['rate']
        number = 0
        while True:
            for client in self.clients if number % len(everybody) == 0 else ():
                client.tick()
            if self.is_loading:
                everybody[number % len(everybody)].ask()
            number += 1
            due = max(due + step, loop.time() - 0.5)
            if due > loop.time():
                await asyncio.sleep(due - loop.time())

    async def recover(self):
        """- Returns: seconds until the first answer, and until each session has had one; None for never."""
        while monotonic() - self.ended_at < RECOVERY_SECONDS_MAX:
            await asyncio.sleep(0.1)
            if monotonic() - self.ended_at < RECOVERY_SECONDS_MIN:
                continue
            if len(self.answered_sessions()) == len(self.clients):
                break
        answered = self.answered_sessions()
        first = self.ledger.first_answer_after(self.ended_at)
        self.stuck = [client for client in self.clients if client.name not in answered]
        return {'first': first and round(first - self.ended_at, 2),
                'all': None if self.stuck else round(max(answered.values()) - self.ended_at, 2)}

    def answered_sessions(self):
        names = {client.name for client in self.clients}
        return {name: at for name, at in self.ledger.sessions_answered_after(self.ended_at).items() if name in names}

    async def settle(self):
        end = monotonic() + self.deadline + SETTLE_SECONDS_MAX
        while self.ledger.open_count > 0 and monotonic() < end:
            await asyncio.sleep(0.05)
        # A second outcome would come about now.
        await asyncio.sleep(0.5)

    async def check_outcome(self, recovered):
        summary, allowed = self.ledger.summary(), set(self.fault.errors)
        lost = self.ledger.open
        self.expect(not lost, f'{len(lost)} accepted requests had neither an answer nor an error, like '
                    + ', '.join(entry.story for entry in lost[:3]))
        doubled = [entry for entry in self.ledger.entries.values() if entry.is_doubled]
        self.expect(not doubled, f'{len(doubled)} requests had more than one outcome, like '
                    + ', '.join(entry.story for entry in doubled[:3]))
        others = {status: count for status, count in (summary['errors'] | summary['refused']).items()
                  if status not in allowed}
        self.expect(not others, f'errors that this fault does not explain: {others}')
        self.expect(summary['answered'] > 0, 'nothing was answered')
        self.check_late(recovered)
        if not self.link('client').was_silent:
            silence = [entry for entry in self.ledger.entries.values() if not entry.is_accepted and not entry.is_settled]
            self.expect(not silence and not self.ledger.unanswered,
                        f'{len(silence) + self.ledger.unanswered} POSTs had no response')
        if not self.drops_clients and not self.link('client').was_broken:
            self.expect(not self.ledger.dropped, f'{self.ledger.dropped} POSTs lost their connection and had no response')
            self.expect(not self.ledger.nonsense, f'responses that are none: {dict(self.ledger.nonsense)}')
        if not self.loses_sessions:
            self.expect(not summary['told'] and not summary['begun_anew'], f'{summary["begun_anew"]} sessions were lost')
        if not self.fault.options.get('forges'):
            self.expect(not summary['forged'], f'{summary["forged"]} answers were not what was asked for')
        for text, count in self.ledger.violations.items():
            self.problems.append(f'{text} ({count} times)')
        limit = self.recovery_seconds_max
        self.expect(recovered['first'] is not None and recovered['first'] <= limit,
                    f'the first answer came {recovered["first"]} s after the end of the fault, not within {limit} s')
        self.expect(not self.stuck, f'{len(self.stuck)} sessions had no answer within {RECOVERY_SECONDS_MAX} s')
        for name, figures in self.memory.figures.items():
            growth = figures['peak'] - figures['before']
            self.expect(name == 'rabbitmq' or growth <= MEMORY_GROWTH_MAX, f'{name} grew by {growth // MEBIBYTE} MiB')
        if 'check' in self.fault.options:
            await self.fault.options['check'](self)

    def check_late(self, recovered):
        """Errors are explained by the time that a fault took: a 504 by nothing else, unless it is a fault that loses events."""
        if recovered['first'] is None:
            return
        end = self.ended_at + recovered['first'] + LATE_SECONDS_MAX
        failed = [entry for entry in self.ledger.entries.values()
                  if entry.sent > end and (entry.refused or any(status for _, status in entry.outcomes))]
        self.expect(not failed, f'{len(failed)} requests got errors though they were sent after the recovery, like '
                    + ', '.join(entry.story for entry in failed[:3]))
        if self.fault.options.get('loses_events'):
            return
        late = [entry for entry in self.ledger.entries.values()
                if any(status == 504 and not self.began_at + self.deadline <= at <= end for at, status in entry.outcomes)]
        self.expect(not late, f'{len(late)} requests got 504 though all was there again before their deadline, like '
                    + ', '.join(entry.story for entry in late[:3]))

    def result(self, recovered, took):
        corrupted = sum(link.corrupted for link in self.stack.links.values())
        return {
            'fault': self.fault.name, 'passed': not self.problems, 'problems': self.problems,
            'notes': self.notes + ([f'{corrupted} bytes were changed'] if corrupted else []),
            **self.ledger.summary(), 'recovery': recovered, 'memory': self.memory.figures, 'seconds': round(took, 1)}
