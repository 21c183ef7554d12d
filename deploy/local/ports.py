"""Which port each part listens on: all follow from one base, so two stacks can run side by side.

Add a port at the end of `Ports`; the order is what people have in their bookmarks.
"""

import socket
from typing import NamedTuple, Self

from deploy.local.refusal import CannotRun

HOST = "127.0.0.1"
SPAN = 12  # ports a stack may use, counted from its base
WANTED_BY = {
    "api": "the API",
    "temporal": "Temporal",
    "temporal_ui": "the Temporal UI",
    "postgres": "PostgreSQL",
    "mailbox": "the mailbox",
    "smtp": "the sandbox's SMTP server",
    "temporal_metrics": "Temporal's metrics",
    "api_metrics": "the API's metrics",
    "worker_metrics": "the urgent worker's metrics",
    "relay_metrics": "the relay's metrics",
    "bulk_metrics": "the bulk worker's metrics",
    "bulk_2_metrics": "the second bulk worker's metrics",
}


class Ports(NamedTuple):
    """The ports of one stack; the three after SMTP and the last two show our processes' metrics."""

    api: int
    temporal: int
    temporal_ui: int
    postgres: int
    mailbox: int
    smtp: int
    temporal_metrics: int
    api_metrics: int
    worker_metrics: int
    relay_metrics: int
    bulk_metrics: int
    bulk_2_metrics: int

    @property
    def metrics(self) -> dict[str, int]:
        """Where each of our processes shows them, by its name in the stack."""
        return {
            "api": self.api_metrics,
            "worker urgent": self.worker_metrics,
            "worker bulk": self.bulk_metrics,
            "worker bulk 2": self.bulk_2_metrics,
            "relay": self.relay_metrics,
        }

    @classmethod
    def from_base(cls, base: int) -> Self:
        """The ports that follow from a base; CannotRun if they do not exist."""
        if not 1024 <= base <= 65536 - SPAN:
            raise CannotRun(f"--port-base {base}: choose one from 1024 to {65536 - SPAN}")
        places = (0, 1, 2, 3, 4, 5, 9, 6, 7, 8, 10, 11)  # Temporal's metrics were there before ours
        return cls._make(base + place for place in places)


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket() as probe:
        # As servers do: what only lingers after a close is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def check(base: int) -> Ports:
    """The ports of this base, all of them free; CannotRun names the first that is not."""
    ports = Ports.from_base(base)
    for name, port in ports._asdict().items():
        if not is_free(port):
            raise CannotRun(
                f"port {port}, wanted by {WANTED_BY[name]}, is in use:"
                f" stop what listens there, or choose others with --port-base{_free_base(base)}"
            )
    return ports


def _free_base(taken: int) -> str:
    bases = range(taken + SPAN, min(taken + 20 * SPAN, 65536 - SPAN), SPAN)
    return next((f" {base}" for base in bases if all(map(is_free, Ports.from_base(base)))), "")
