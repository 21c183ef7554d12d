"""The parts of the embedded stack and the order they are started in: the one list of both.

The stop goes by `Part.stage`: API, workers and relay, sandbox, Temporal, PostgreSQL.
"""

import importlib
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from deploy.local.folder import DataFolder
from deploy.local.home import Home
from deploy.local.part import Part
from deploy.local.ports import HOST, Ports
from deploy.local.postgres import database_url, make_database, postgres_part
from deploy.local.secret_file import Secrets, keep_api_key
from deploy.local.supervisor import Supervisor
from deploy.local.temporal import temporal_part

SANDBOX, WORKERS, API = 2, 3, 4  # stages; PostgreSQL is 0, Temporal 1


@dataclass(frozen=True, slots=True)
class Step:
    """One step up, with what a person is told it does."""

    title: str
    take: Callable[[Supervisor], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack: its data, its ports, its secrets and its PostgreSQL."""

    folder: DataFolder
    ports: Ports
    secrets: Secrets
    home: Home

    def steps(self) -> list[Step]:
        """The way up."""
        postgres = postgres_part(self.home, self.ports.postgres)
        vendors = self._sandbox()
        return [
            Step("PostgreSQL", lambda up: up.start(postgres)),
            Step("database", lambda _: make_database(self.ports.postgres, self.secrets)),
            Step("schema", lambda up: up.run(self._migrate())),
            Step("Temporal, sandbox vendors", lambda up: up.start(self._temporal(), vendors)),
            Step("demo application", lambda _: self._seed()),
            Step("console's first admin", lambda _: self._first_admin()),
            Step("API, workers, relay", lambda up: up.start(*self._platform())),
        ]

    def _migrate(self) -> Part:
        return Part("migrate", _tidings("migrate"), environment=self._environment())

    def _temporal(self) -> Part:
        ports = self.ports
        return temporal_part(
            self.folder.temporal, ports.temporal, ports.temporal_ui, ports.temporal_metrics
        )

    def _sandbox(self) -> Part:
        return Part(
            name="sandbox",
            command=(
                *(sys.executable, "-P", "-m", "deploy.local.sandbox"),
                *("--data", str(self.folder.sandbox)),
                *("--http-port", str(self.ports.mailbox), "--smtp-port", str(self.ports.smtp)),
            ),
            stage=SANDBOX,
            environment=dict(os.environ),
            url=f"http://{HOST}:{self.ports.mailbox}/_sandbox/health",
            stop_within_seconds=1.5,
        )

    def _platform(self) -> list[Part]:
        ports = self.ports
        ready = f"http://{HOST}:{ports.api}/health/ready"
        bulk = ("worker", "--queues", "bulk", "--nice", "10")
        return [
            self._worker("worker urgent", ports.worker_metrics, "worker", "--queues", "urgent"),
            # One for each of two cores; behind the urgent one, wherever they meet.
            self._worker("worker bulk", ports.bulk_metrics, *bulk),
            self._worker("worker bulk 2", ports.bulk_2_metrics, *bulk),
            self._worker("relay", ports.relay_metrics, "relay"),
            Part(
                "api",
                _tidings("api"),
                API,
                self._environment(ports.api_metrics),
                url=ready,
                stop_within_seconds=3.5,  # it finishes its requests for up to three
            ),
        ]

    def _worker(self, name: str, metrics_port: int, *command: str) -> Part:
        return Part(
            name,
            _tidings(*command),
            WORKERS,
            self._environment(metrics_port),
            ready_line=f"{command[0]} ready",
            stop_within_seconds=10.5,  # they drain for up to ten
        )

    async def _seed(self) -> None:
        # At every start: the ports may be others than last time. It gives back the key of the demo
        # application, the same one if it is given one.
        demo = importlib.import_module("deploy.local.demo")
        api_key = await demo.seed(
            database_url=database_url(self.ports.postgres, self.secrets.database_password),
            secret_keys=self.secrets.secret_keys,
            sandbox_url=f"http://{HOST}:{self.ports.mailbox}",
            smtp_port=self.ports.smtp,
            api_key=self.secrets.api_key,
        )
        keep_api_key(self.folder.secrets, api_key)

    async def _first_admin(self) -> None:
        admin = importlib.import_module("deploy.local.first_admin")
        url = database_url(self.ports.postgres, self.secrets.database_password)
        await admin.make(self.folder, url)

    def _environment(self, metrics_port: int = 0) -> dict[str, str]:
        """The user's own environment, and over it where everything is."""
        url = database_url(self.ports.postgres, self.secrets.database_password)
        return {
            **os.environ,
            "TIDINGS_DATABASE_URL": url,
            "TIDINGS_TEMPORAL_ADDRESS": f"{HOST}:{self.ports.temporal}",
            "TIDINGS_TEMPORAL_UI_URL": f"http://{HOST}:{self.ports.temporal_ui}",
            "TIDINGS_API_HOST": HOST,
            "TIDINGS_API_PORT": str(self.ports.api),
            "TIDINGS_CONSOLE_URL": f"http://{HOST}:{self.ports.api}",
            "TIDINGS_SECRET_KEYS": self.secrets.secret_keys,
            "TIDINGS_METRICS_HOST": HOST,
            "TIDINGS_METRICS_PORT": str(metrics_port),
            "TIDINGS_WEBHOOK_PRIVATE_HOSTS": self._private_hosts(),
        }

    def _private_hosts(self) -> str:
        """The sandbox's own receiver, beside what the user lets in."""
        ours = f"{HOST}:{self.ports.mailbox}"
        theirs = os.environ.get("TIDINGS_WEBHOOK_PRIVATE_HOSTS", "")
        return ",".join(filter(None, (ours, theirs)))


def _tidings(*arguments: str) -> tuple[str, ...]:
    # -P: a folder named `models` where the user happens to be is not our `models`.
    return (sys.executable, "-P", "-m", "deploy.cli", *arguments)
