"""A process's connection to Temporal: lazy for those that must live without it, API and relay."""

import logging
from functools import cache

from temporalio.client import Client
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)
from temporalio.service import GrpcCompression, RetryConfig

from models.settings import Settings


@cache
def runtime() -> Runtime:
    """The SDK's core, whose words go into our log, a JSON object a line as all others."""
    words = LogForwardingConfig(
        logging.getLogger("temporal"),
        append_target_to_name=False,
        prepend_target_on_message=False,
        append_log_fields_to_message=False,
    )
    kept = TelemetryFilter(core_level="WARN", other_level="ERROR")
    return Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(kept, forwarding=words)))


async def lazy(settings: Settings) -> Client:
    """Connects with its first call, which fails at once while Temporal is away."""
    return await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        lazy=True,
        runtime=runtime(),
        retry_config=RetryConfig(
            initial_interval_millis=50,
            randomization_factor=0.2,
            multiplier=2,
            max_interval_millis=500,
            max_elapsed_time_millis=1000,
            max_retries=1,
        ),
        grpc_compression=GrpcCompression.NONE,
    )
