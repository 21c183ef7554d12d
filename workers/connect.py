"""A process's connection to Temporal. Lazy for those that must live without it: API and relay."""

from temporalio.client import Client
from temporalio.service import GrpcCompression, RetryConfig

from models.settings import Settings


async def lazy(settings: Settings) -> Client:
    """Connects with its first call, which fails at once while Temporal is away."""
    return await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        lazy=True,
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
