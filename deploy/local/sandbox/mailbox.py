"""The mailbox: pages of what arrived. Everything shown came from outside: autoescape, CSP, sandbox.

The HTML of a mail is only ever shown inside an iframe that may do nothing.
"""

from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from importlib.resources import files
from itertools import islice

from aiohttp import web
from jinja2 import Environment, PackageLoader

from deploy.local.sandbox.effects import BODY_BYTES, Effect
from deploy.local.sandbox.index import Index

CHANNELS = {
    "smtp": "Email",
    "sendgrid": "Email",
    "twilio": "SMS",
    "telegram": "Telegram",
    "webhook": "Webhook",
}
ROWS = 200
_FOLDER = files("deploy.local.sandbox") / "pages"
STYLE = (_FOLDER / "mailbox.css").read_text()
SCRIPT = (_FOLDER / "mailbox.js").read_text()
_CLOSED = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
_STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
LIST_POLICY = (
    f"{_CLOSED}style-src 'sha256-{_STYLE_HASH}'; img-src data:; script-src 'self';"
    " connect-src 'self'"
)
# The iframe inherits this, and mails are styled inline. Nothing is fetched, nothing runs.
DETAIL_POLICY = f"{_CLOSED}style-src 'unsafe-inline'; img-src data:"


def day_time(at: float) -> str:
    """Unix seconds in this machine's time zone."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def gist(effect: Effect) -> str:
    """The subject, or the first words."""
    words = effect.subject or " ".join(effect.text[:300].split())
    return f"{words[:120]}…" if len(words) > 120 else words


PAGES = Environment(
    loader=PackageLoader("deploy.local.sandbox", "pages"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
PAGES.filters.update(day_time=day_time, gist=gist)
PAGES.globals.update(style=STYLE, channels=CHANNELS, body_bytes=BODY_BYTES)


class Mailbox:
    """The pages over one index."""

    def __init__(self, index: Index) -> None:
        self.index = index

    def routes(self) -> list[web.RouteDef]:
        """The list, a message, and the script that keeps the list fresh."""
        return [
            web.get("/", self.newest),
            web.get("/messages/{n}", self.message),
            web.get("/mailbox.js", self.script),
        ]

    async def newest(self, request: web.Request) -> web.Response:
        """The newest messages; `to` and `vendor` filter."""
        to, vendor = request.query.get("to", "").strip(), request.query.get("vendor", "")
        found = reversed(list(self.index.find(to, vendor)))
        page = PAGES.get_template("list.html").render(
            effects=list(islice(found, ROWS)),
            total=self.index.counts.total(),
            rows=ROWS,
            to=to,
            vendor=vendor,
        )
        return html(page, LIST_POLICY)

    async def message(self, request: web.Request) -> web.Response:
        """One message, with its text and its HTML."""
        n = request.match_info["n"]
        effect = self.index.get(int(n)) if n.isdecimal() else None
        page = PAGES.get_template("detail.html").render(effect=effect, n=n)
        return html(page, DETAIL_POLICY, status=200 if effect else 404)

    async def script(self, request: web.Request) -> web.Response:
        """A few lines that replace the list by its newer self."""
        return web.Response(text=SCRIPT, content_type="text/javascript")


def html(page: str, policy: str, status: int = 200) -> web.Response:
    """A page under its policy."""
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return web.Response(text=page, status=status, headers=headers, content_type="text/html")
