"""(d) The database's own limit: the same rows in batches of 64, by the bare driver, made before the clock starts.

`python -m benchmarks.limit URL SECONDS`: on PostgreSQL two connections copy in turns, on SQLite one thread inserts.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime

from benchmarks.load import Figures
from benchmarks.rows import Pattern, Rows
from benchmarks.stores import Store, setting_of, store

_BATCH = 64
_BATCHES_A_SECOND = 160
"""How many batches are made for each second; a machine that writes more ends early, which changes no rate."""


def run(url: str, seconds: float) -> Figures:
    """Write for so long."""
    writers = 1 if url.startswith("sqlite:") else 2
    with ThreadPoolExecutor(writers) as threads, store(url) as first:
        pattern = Pattern(asyncio.run(setting_of(url)), first.dialect, delivered=False)
        batches = [
            pattern.leads(1 + number * _BATCH, _BATCH, datetime.now(UTC))
            for number in range(int(seconds * _BATCHES_A_SECOND))
        ]
        began = time.perf_counter()
        jobs = [
            threads.submit(_write, url, pattern, batches[place::writers], began + seconds) for place in range(writers)
        ]
        times = sorted(spent for job in jobs for spent in job.result())
        spent = time.perf_counter() - began
    middle, slow = times[len(times) // 2], times[int(len(times) * 0.99)]
    leads = len(times) * _BATCH
    return Figures(leads, spent, middle * 1000, slow * 1000, time.process_time() / leads * 1e6)


def _write(url: str, pattern: Pattern, batches: Sequence[Rows], ends: float) -> list[float]:
    with store(url) as opened:
        return _times(opened, pattern, batches, ends)


def _times(opened: Store, pattern: Pattern, batches: Sequence[Rows], ends: float) -> list[float]:
    times = []
    for batch in batches:
        began = time.perf_counter()
        if began >= ends:
            break
        opened.write(pattern.columns, batch)
        times.append(time.perf_counter() - began)
    return times


if __name__ == "__main__":
    print(json.dumps(asdict(run(sys.argv[1], float(sys.argv[2])))))
