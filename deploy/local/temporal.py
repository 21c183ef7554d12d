"""Temporal's development server as a part of the stack.

Its stock flags make an idle workflow take 100 ms instead of 20: leave FAST as it is.
"""

import sysconfig
from pathlib import Path

from deploy.local.part import Part
from deploy.local.ports import HOST

SEARCH_ATTRIBUTES = {
    "Application": "Keyword",
    "Category": "Keyword",
    "Priority": "Keyword",
    "Campaign": "Keyword",
    "Status": "Keyword",
    "Channel": "KeywordList",
}
PRAGMAS = {
    "journal_mode": "WAL",
    "synchronous": "NORMAL",
    "busy_timeout": "5000",
    "cache_size": "-200000",
}
FAST = {
    # Each hop otherwise waits up to 50 ms for the next poll.
    "history.transferProcessorMaxPollRPS": "2000",
    "history.timerProcessorMaxPollRPS": "2000",
    "history.visibilityProcessorMaxPollRPS": "500",
    "history.outboundProcessorMaxPollRPS": "500",
    "system.forceSearchAttributesCacheRefreshOnRead": "false",
    "system.forceNexusEndpointRefreshOnRead": "false",
    # Priorities hold within a partition, so there is one.
    "matching.numTaskqueueReadPartitions": "1",
    "matching.numTaskqueueWritePartitions": "1",
    "matching.enableFairness": "true",
    "matching.rps": "100000",
    "history.rps": "100000",
    "frontend.rps": "100000",
    "frontend.namespaceRPS": "100000",
    "frontend.namespaceCount": "20000",
    "frontend.namespaceRPS.visibility": "500",
    "matching.persistenceMaxQPS": "100000",
    "history.hostLevelCacheMaxSize": "50000",
    "admin.matchingNamespaceTaskqueueToPartitionDispatchRate": "100000",
    "history.shardIOTimeout": '"30s"',
    "worker.schedulerNamespaceStartWorkflowRPS": "200",
}


def temporal_part(store: Path, port: int, ui_port: int, metrics_port: int) -> Part:
    """The server with its store in the folder `store`; ready when its namespace can be described.

    The question goes through the UI's server, so the answer vouches for both.
    """
    store.mkdir(mode=0o700, exist_ok=True)
    program = Path(sysconfig.get_path("scripts")) / "temporal"
    return Part(
        name="temporal",
        command=(
            *(str(program), "server", "start-dev", "--ip", HOST, "--log-level", "warn"),
            *("--port", str(port), "--ui-port", str(ui_port), "--metrics-port", str(metrics_port)),
            *("--db-filename", str(store / "temporal.db")),
            *_repeated("--sqlite-pragma", PRAGMAS),
            *_repeated("--search-attribute", SEARCH_ATTRIBUTES),
            *_repeated("--dynamic-config-value", FAST),
        ),
        stage=1,
        environment={"HOME": str(store)},  # the user's own Temporal configuration is not meant here
        url=f"http://{HOST}:{ui_port}/api/v1/namespaces/default",
    )


def _repeated(flag: str, values: dict[str, str]) -> list[str]:
    return [word for name, value in values.items() for word in (flag, f"{name}={value}")]
