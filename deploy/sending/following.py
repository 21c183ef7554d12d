"""After the sending: ask until all have ended, gently.

One is asked for until it has ended, then more and more at a time: of many, most are asked once.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from deploy.sending.api import Api
from deploy.sending.spool import Spool

WINDOW = 200
AT_ONCE = 8
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0  # some are for tomorrow
GOOD = frozenset({"sent", "delivered", "opened"})


async def until_ended(api: Api, spool: Spool, progress: Callable[[int], None]) -> Counter[str]:
    """How many ended in which status; `progress` is told of each window's ended ones."""
    counts: Counter[str] = Counter()
    places = asyncio.Semaphore(AT_ONCE)

    async def look(id: str) -> tuple[str, Mapping[str, Any]]:
        async with places:
            return id, await api.read(id)

    pause, width = FIRST_PAUSE_SECONDS, 1
    while window := spool.still_open(width):
        views = await asyncio.gather(*(look(id) for id in window))
        ended = {id: view["status"] for id, view in views if view["ended_at"]}
        counts.update(ended.values())
        spool.ended(list(ended))
        progress(len(ended))
        if len(ended) == len(window):
            pause, width = FIRST_PAUSE_SECONDS, min(2 * width, WINDOW)
            continue
        await asyncio.sleep(pause)
        pause, width = min(1.5 * pause, LONGEST_PAUSE_SECONDS), 1
    return counts
