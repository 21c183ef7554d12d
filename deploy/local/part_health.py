"""How each part of a stack is, asked now."""

import asyncio
import time
from dataclasses import dataclass

from deploy.local.ports import HOST, Ports
from deploy.local.probes import answers
from deploy.local.processes import is_alive
from deploy.local.state import PartState, StackState


@dataclass(frozen=True, slots=True)
class PartHealth:
    """One part as it is now; `health` is well, starting, restarting, silent or down.

    `metrics`: where it shows them, if it does.
    """

    name: str
    pid: int | None  # None: it does not run
    uptime_seconds: int
    restarts: int
    health: str
    metrics: str = ""


async def part_healths(state: StackState) -> list[PartHealth]:
    """All of them, in the order they were started."""
    ports = Ports.from_base(state.port_base).metrics
    metrics = {name: f"http://{HOST}:{port}/metrics" for name, port in ports.items()}
    parts = (_part_health(part, metrics.get(part.name, "")) for part in state.parts)
    return list(await asyncio.gather(*parts))


async def _part_health(part: PartState, metrics: str) -> PartHealth:
    alive = is_alive(part.pid, part.born)
    health = part.phase
    if not alive:
        health = "restarting" if part.phase == "restarting" else "down"
    elif part.phase == "ready":
        health = "well" if not part.url or await answers(part.url) else "silent"
    uptime = int(time.time() - part.started_at) if alive else 0
    return PartHealth(
        part.name, part.pid if alive else None, uptime, part.restarts, health, metrics
    )
