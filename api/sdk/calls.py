"""How calls are declared: once, for both clients.

An operation is a signature alone: `route.py` says where each of its arguments goes.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import replace
from functools import partial, update_wrapper
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, cast, overload

from api.sdk.drivers import AsyncDriver, SyncDriver
from api.sdk.resource import Resource
from api.sdk.route import Route
from api.sdk.sse import events
from api.sdk.steps import Feed, Give, Steps

P = ParamSpec("P")
T = TypeVar("T")

SILENCE_SECONDS = 40.0  # a stream says something every 15


class Once(Generic[P, T]):
    """A call that has one answer."""

    def __init__(self, declared: Callable[..., Any]) -> None:
        self.declared = declared
        self.__doc__ = declared.__doc__
        self.__wrapped__ = declared  # for `inspect.signature`

    @overload
    def __get__(self, of: None, owner: type) -> "Once[P, T]": ...
    @overload
    def __get__(self, of: Resource[SyncDriver], owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, of: Resource[AsyncDriver], owner: type
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, of: Resource[Any] | None, owner: type) -> Any:
        return self if of is None else update_wrapper(partial(self._told, of), self.declared)

    def steps(self, of: Resource[Any], *given: P.args, **named: P.kwargs) -> Steps[T]:
        """What a driver is told."""
        return cast("Steps[T]", self.declared(of, *given, **named))

    def _told(self, of: Resource[Any], *given: Any, **named: Any) -> Any:
        return of.driver.run(self.steps(of, *given, **named))


class Many(Generic[P, T]):
    """A call that has any number of answers, one after the other."""

    def __init__(self, declared: Callable[..., Any]) -> None:
        self.declared = declared
        self.__doc__ = declared.__doc__
        self.__wrapped__ = declared  # for `inspect.signature`

    @overload
    def __get__(self, of: None, owner: type) -> "Many[P, T]": ...
    @overload
    def __get__(self, of: Resource[SyncDriver], owner: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, of: Resource[AsyncDriver], owner: type) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, of: Resource[Any] | None, owner: type) -> Any:
        return self if of is None else update_wrapper(partial(self._told, of), self.declared)

    def steps(self, of: Resource[Any], *given: P.args, **named: P.kwargs) -> Feed[T]:
        """What a driver is told."""
        return cast("Feed[T]", self.declared(of, *given, **named))

    def _told(self, of: Resource[Any], *given: Any, **named: Any) -> Any:
        return of.driver.iterate(self.steps(of, *given, **named))


class Operation(Once[P, T]):
    """One operation of the API's document."""

    def __init__(self, route: Route, declared: Callable[..., Any]) -> None:
        super().__init__(declared)
        self.route = route

    def steps(self, of: Resource[Any], *given: P.args, **named: P.kwargs) -> Steps[T]:
        """Ask, and answer with the body."""
        reply = yield from of.driver.core.exchange(self.route.request(*given, **named))
        return cast("T", reply.body)


class Listing(Many[P, T]):
    """An operation that answers in pages: all that follow, each when it is needed."""

    def __init__(self, path: str, items: str, declared: Callable[..., Any]) -> None:
        super().__init__(declared)
        self.route = Route("GET", path, declared)
        self.items = items

    def steps(self, of: Resource[Any], *given: P.args, **named: P.kwargs) -> Feed[T]:
        """Page after page."""
        arguments = self.route.signature.bind(*given, **named)
        while True:
            request = self.route.request(*arguments.args, **arguments.kwargs)
            reply = yield from of.driver.core.exchange(request)
            for item in reply.body[self.items]:
                yield Give(item)
            if reply.body["next"] is None:
                return
            arguments.arguments["after"] = reply.body["next"]


class EventStream(Many[P, T]):
    """An operation that answers with server-sent events of one name; each is JSON."""

    def __init__(self, path: str, event: str, declared: Callable[..., Any]) -> None:
        super().__init__(declared)
        self.route = Route("GET", path, declared)
        self._event = event

    def steps(self, of: Resource[Any], *given: P.args, **named: P.kwargs) -> Feed[T]:
        """Event after event, until the API ends the stream.

        One that breaks off is taken up again where it can be; else Unreachable.
        """
        request = replace(self.route.request(*given, **named), silence_seconds=SILENCE_SECONDS)
        resumes = "last_event_id" in self.route.signature.parameters
        return events(of.driver.core, request, self._event, resumes=resumes)


def operation(
    method: str, path: str, *, content_type: str = "", repeatable: bool | None = None
) -> Callable[[Callable[Concatenate[Any, P], T]], Operation[P, T]]:
    """Declare an operation: its signature, and what it answers.

    `content_type`: of a `content` that is no JSON. `repeatable`: asked twice it does it once; else
    as its method says.
    """

    def declare(declared: Callable[Concatenate[Any, P], T]) -> Operation[P, T]:
        return Operation(Route(method, path, declared, content_type, repeatable), declared)

    return declare


def listing(
    path: str, items: str = "items"
) -> Callable[[Callable[Concatenate[Any, P], T]], Listing[P, T]]:
    """Declare an operation that answers in pages; what it returns is one item."""
    return lambda declared: Listing(path, items, declared)


def stream(
    path: str, event: str
) -> Callable[[Callable[Concatenate[Any, P], T]], EventStream[P, T]]:
    """Declare an operation that answers with events; what it returns is one of them."""
    return lambda declared: EventStream(path, event, declared)


def procedure(declared: Callable[Concatenate[Any, P], Steps[T]]) -> Once[P, T]:
    """Declare what is made of operations, and has one answer."""
    return Once(declared)


def feed(declared: Callable[Concatenate[Any, P], Feed[T]]) -> Many[P, T]:
    """Declare what is made of operations, and gives items."""
    return Many(declared)
