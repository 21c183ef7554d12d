"""On its way out an answer gets the headers that its request was given, and is counted."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import metrics


class Answers:
    """Plain ASGI: the framework's own middleware would cost ten times as much."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Problems too, and what nobody expected."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def leaving(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = scope.get("state", {}).get("headers")
                if given:
                    message["headers"] = [*message["headers"], *given]
                route = getattr(scope.get("route"), "path", "")
                took = time.perf_counter() - began
                metrics.answered(scope["method"], route, message["status"], took)
            await send(message)

        await self._app(scope, receive, leaving)
