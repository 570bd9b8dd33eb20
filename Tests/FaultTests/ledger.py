"""The clients' own book: every request, how it was accepted, and everything that came of it."""
from collections import Counter
from dataclasses import dataclass, field
from time import monotonic


@dataclass
class Entry:
    id: str
    session: str
    # 'socket', 'respond-async' or 'post'.
    way: str
    nonce: int
    sent: float
    # The socket took it, or HTTP said 200 or 202.
    is_accepted: bool = False
    # Over HTTP, before it was accepted: its problem's status.
    refused: int | None = None
    # (time, None for an answer or the error's status)
    outcomes: list = field(default_factory=list)
    # The times at which it was sent again.
    repeats: list = field(default_factory=list)
    # When the client was told that it has been lost with its session.
    told: float | None = None
    # Put into its data, for a service that falls on it.
    mark: str | None = None

    @property
    def is_doubled(self):
        """A request that is sent again while its 503 or 429 is on the way is another try, which has an outcome, too."""
        # A refusal has promised nothing, unless it was the answer to another try.
        if self.refused is not None and self.outcomes and not self.repeats:
            return True
        passing = [at for at, status in self.outcomes[:-1] if status in (429, 503)]
        if len(passing) < len(self.outcomes) - 1:
            return True
        return len(self.outcomes) > 1 + sum(any(at < end for end in passing) for at in self.repeats)

    @property
    def story(self):
        outcomes = ', '.join(f'{status or "answered"} after {at - self.sent:.2f} s' for at, status in self.outcomes)
        refused = f'refused with {self.refused}, ' if self.refused else ''
        return f'{self.id} ({self.way}: {refused}{outcomes or "nothing"})'

    @property
    def is_settled(self):
        return bool(self.outcomes) or self.told is not None or self.refused is not None


class Ledger:
    def __init__(self):
        self.entries = {}
        self.forgotten = set()
        self.open_count = 0
        # What must never happen, as text.
        self.violations = Counter()
        # Answers whose content is not that of their request, and events that nobody has asked for.
        self.forged = 0
        # POSTs whose connection was there and brought no response.
        self.unanswered = 0
        # POSTs whose connection ended without a response.
        self.dropped = 0
        # Responses that are none, as text.
        self.nonsense = Counter()
        self.connects = self.resumed = self.recovered = self.begun_anew = 0

    def send(self, id, session, way, nonce):
        entry = self.entries[id] = Entry(id, session, way, nonce, monotonic())
        self.open_count += 1
        return entry

    def accept(self, entry):
        entry.is_accepted = True

    def settle(self, id, status, nonce=None):
        """An answer (status None) or an error has come."""
        entry = self.entries.get(id)
        if entry is None:
            # A POST that its client gave up may have been taken all the same, and its session gets the answer.
            if id not in self.forgotten:
                self.forged += 1
            return
        if status is None and nonce != entry.nonce:
            self.forged += 1
        if entry.told is not None:
            self.violations['an outcome of a request that was told to be lost'] += 1
        if not entry.is_settled:
            self.open_count -= 1
        # That something came of it shows that it was accepted, whatever became of the response.
        entry.is_accepted = True
        entry.outcomes.append((monotonic(), status))

    def refuse(self, entry, status):
        if not entry.is_settled:
            self.open_count -= 1
        entry.refused = status

    def tell_lost(self, entry):
        if entry.is_settled:
            return
        self.open_count -= 1
        entry.told = monotonic()

    def forget(self, entry):
        """Nobody said that it was taken, and it is not asked for again."""
        if not entry.is_accepted and not entry.is_settled:
            self.open_count -= 1
            self.forgotten.add(entry.id)
            del self.entries[entry.id]

    @property
    def open(self):
        return [entry for entry in self.entries.values() if entry.is_accepted and not entry.is_settled]

    def first_answer_after(self, instant, session=None):
        """When the first answer came of what was sent after the instant; None if there is none."""
        times = [entry.outcomes[0][0] for entry in self.entries.values()
                 if entry.sent >= instant and entry.outcomes and entry.outcomes[0][1] is None
                 and session in (None, entry.session)]
        return min(times, default=None)

    def sessions_answered_after(self, instant):
        """By session, when the first answer came of what was sent after the instant."""
        first = {}
        for entry in self.entries.values():
            if entry.sent >= instant and entry.outcomes and entry.outcomes[0][1] is None:
                at = entry.outcomes[0][0]
                first[entry.session] = min(at, first.get(entry.session, at))
        return first

    def summary(self):
        accepted = [entry for entry in self.entries.values() if entry.is_accepted]
        return {
            'accepted': len(accepted),
            'answered': sum(entry.outcomes[0][1] is None for entry in accepted if entry.outcomes),
            'errors': dict(sorted(Counter(
                entry.outcomes[0][1] for entry in accepted if entry.outcomes and entry.outcomes[0][1]).items())),
            'refused': dict(sorted(Counter(
                entry.refused for entry in self.entries.values() if entry.refused and not entry.outcomes).items())),
            'told': sum(entry.told is not None for entry in accepted),
            'lost': sum(not entry.is_settled for entry in accepted),
            'duplicated': sum(entry.is_doubled for entry in accepted),
            'forged': self.forged,
            'connects': self.connects, 'resumed': self.resumed, 'recovered': self.recovered,
            'begun_anew': self.begun_anew,
        }
