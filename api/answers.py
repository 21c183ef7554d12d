"""What every answer gets on its way out: the headers that its request was given meanwhile."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Answers:
    """Plain ASGI: the framework's own middleware would cost ten times as much."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Problems get them too."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def leaving(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = scope.get("state", {}).get("headers")
                if given:
                    message["headers"] = [*message["headers"], *given]
            await send(message)

        await self._app(scope, receive, leaving)
