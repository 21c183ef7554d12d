"""What a group of operations is: a driver, and calls that are told to it."""

from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

D = TypeVar("D")
Id: TypeAlias = UUID | str


class Resource(Generic[D]):
    """Of a `SyncDriver` its calls answer; of an `AsyncDriver` they are awaited."""

    def __init__(self, driver: D) -> None:
        self.driver: Any = driver
