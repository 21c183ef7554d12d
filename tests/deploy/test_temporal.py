"""The embedded Temporal is ready when it says so, and knows our search attributes."""

from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client

from deploy.local.temporal import SEARCH_ATTRIBUTES


async def test_the_server_takes_calls_and_has_our_search_attributes(temporal_server: str) -> None:
    client = await Client.connect(temporal_server)
    known = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace="default")
    )
    assert set(SEARCH_ATTRIBUTES) <= set(known.custom_attributes)
