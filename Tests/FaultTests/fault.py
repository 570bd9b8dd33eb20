"""A fault of the matrix, and the list of all."""
from dataclasses import dataclass, field
from typing import Callable

# Errors that say that something is away, full or late, and that the client may try again.
PASSING = (429, 503, 504)

faults = {}


@dataclass
class Fault:
    name: str
    function: Callable
    # What has to hold, for people.
    outcome: str
    errors: tuple = PASSING
    options: dict = field(default_factory=dict)


def fault(name, outcome, errors=PASSING, **options):
    def register(function):
        faults[name] = Fault(name, function, outcome, errors, options)
        return function
    return register
