"""Resident memory of processes, sampled."""
import asyncio
import contextlib
import os
from pathlib import Path

SAMPLE_SECONDS = 0.2
PAGE_BYTES = os.sysconf('SC_PAGESIZE')


def resident_bytes(pid):
    with contextlib.suppress(OSError, IndexError, ValueError):
        return int(Path(f'/proc/{pid}/statm').read_text().split()[1]) * PAGE_BYTES
    return None


def processor_seconds(pid):
    fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


class Memory:
    """Before (when `begin` was called), at most, and last, in bytes, of whatever process has the name just then."""

    def __init__(self, pids):
        self.pids = pids
        self.figures = {}

    def sample(self, name, pid):
        size = resident_bytes(pid) if pid else None
        if not size:
            return
        figures = self.figures.setdefault(name, {'before': size, 'peak': size, 'after': size})
        figures['peak'] = max(figures['peak'], size)
        figures['after'] = size

    async def watch(self):
        while True:
            for name, pid in self.pids().items():
                self.sample(name, pid)
            await asyncio.sleep(SAMPLE_SECONDS)
