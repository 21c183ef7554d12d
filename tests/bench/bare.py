"""The baseline: what the same server, processes and flags do for a bare one-activity workflow.

One API process that starts a workflow a request, one worker process whose activity makes the
vendor call; no database, no ledger, nothing decided.
"""

import argparse
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import httpx
import uvicorn
import uvloop
from fastapi import FastAPI
from httpx_aiohttp import HttpxAiohttpClient
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.service import GrpcCompression
from temporalio.worker import Worker

from workers.run import ACTIVITY_SLOTS, POLLERS, RUNNER

QUEUE = "bare"


@dataclass
class Call:
    """Where the one message goes."""

    url: str
    to: str


class Vendor:
    """Makes the call, with the client our adapters use."""

    def __init__(self) -> None:
        # Made in the worker's loop, as our adapters are.
        self.client = HttpxAiohttpClient(
            timeout=10, limits=httpx.Limits(max_connections=50, keepalive_expiry=15)
        )

    @activity.defn
    async def call(self, call: Call) -> str:
        form = {"To": call.to, "From": "+15005550006", "Body": "Welcome, Ada!"}
        response = await self.client.post(call.url, data=form, auth=("AC1", "sandbox"))
        response.raise_for_status()
        return str(response.json()["sid"])


@workflow.defn
class Bare:
    """One activity."""

    @workflow.run
    async def run(self, call: Call) -> str:
        return await workflow.execute_activity_method(
            Vendor.call, call, start_to_close_timeout=timedelta(seconds=15)
        )


async def connect(address: str) -> Client:
    return await Client.connect(address, grpc_compression=GrpcCompression.NONE)


async def serve_api(address: str, url: str, port: int) -> None:
    client = await connect(address)
    app = FastAPI()

    @app.post("/", status_code=202)
    async def start(body: dict[str, str]) -> dict[str, str]:
        id = f"bare/{uuid4()}"
        await client.start_workflow(Bare.run, Call(url, body["to"]), id=id, task_queue=QUEUE)
        return {"id": id}

    config = uvicorn.Config(app, host="127.0.0.1", port=port, http="httptools", log_level="error")
    await uvicorn.Server(config).serve()


async def serve_worker(address: str) -> None:
    client = await connect(address)
    worker = Worker(
        client,
        task_queue=QUEUE,
        workflows=[Bare],
        activities=[Vendor().call],
        workflow_runner=RUNNER,
        max_concurrent_activities=ACTIVITY_SLOTS,
        workflow_task_poller_behavior=POLLERS,
        activity_task_poller_behavior=POLLERS,
    )
    await worker.run()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=("api", "worker"))
    parser.add_argument("--temporal", required=True)
    parser.add_argument("--vendor", default="")
    parser.add_argument("--port", type=int, default=0)
    asked = parser.parse_args()
    if asked.role == "api":
        uvloop.run(serve_api(asked.temporal, asked.vendor, asked.port))
    else:
        uvloop.run(serve_worker(asked.temporal))
