"""What others wrote, such as a rendered message, as a page of its own for a sandboxed frame."""

from fastapi.responses import HTMLResponse

from api.console.headers import FRAME_POLICY


def framed(html: str) -> HTMLResponse:
    """No script runs in it, and nothing is loaded from outside."""
    return HTMLResponse(html, headers={"Content-Security-Policy": FRAME_POLICY})
