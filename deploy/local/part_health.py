"""How each part of a stack is, asked now."""

import asyncio
import time
from dataclasses import dataclass

from deploy.local.probes import answers
from deploy.local.processes import is_alive
from deploy.local.state import PartState, StackState


@dataclass(frozen=True, slots=True)
class PartHealth:
    """One part as it is now; `health` is well, starting, restarting, silent or down."""

    name: str
    pid: int | None  # None: it does not run
    uptime_seconds: int
    restarts: int
    health: str


async def part_healths(state: StackState) -> list[PartHealth]:
    """All of them, in the order they were started."""
    return list(await asyncio.gather(*(_part_health(part) for part in state.parts)))


async def _part_health(part: PartState) -> PartHealth:
    alive = is_alive(part.pid, part.born)
    health = part.phase
    if not alive:
        health = "restarting" if part.phase == "restarting" else "down"
    elif part.phase == "ready":
        health = "well" if not part.url or await answers(part.url) else "silent"
    uptime = int(time.time() - part.started_at) if alive else 0
    return PartHealth(part.name, part.pid if alive else None, uptime, part.restarts, health)
