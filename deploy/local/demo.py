"""What a first start finds: an application with categories, templates, a key, sandbox vendors."""

from uuid import UUID

from uuid_utils.compat import uuid7

from deploy.local.demo_templates import TEMPLATES
from deploy.local.sandbox import webhook
from models import database
from models import keys as shapes
from models.default_categories import CATEGORIES
from models.repositories import api_keys, applications
from models.repositories.api_keys import NewKey
from models.repositories.applications import NewAccount
from models.seal import Keyring
from models.sessions import Session, Sessions

APPLICATION = "demo"


def accounts(sandbox_url: str, smtp_port: int) -> list[NewAccount]:
    """A main and, where there is a second vendor, a stand-by account for each channel."""
    return [
        NewAccount(
            name="sandbox-smtp",
            channel="email",
            vendor="smtp",
            rank=1,
            config={
                "host": "127.0.0.1",
                "port": smtp_port,
                "tls": "none",
                "sender": "Tidings demo <demo@example.com>",
                "message_id_domain": "tidings.example.com",
                "connections": 20,
            },
        ),
        NewAccount(
            name="sandbox-sendgrid",
            channel="email",
            vendor="sendgrid",
            rank=2,
            config={
                "api_key": "SG.sandbox",
                "sender": "Tidings demo <demo@example.com>",
                "base_url": sandbox_url,
            },
        ),
        NewAccount(
            name="sandbox-twilio",
            channel="sms",
            vendor="twilio",
            rank=1,
            config={
                "account_sid": "AC00000000000000000000000000000001",
                "auth_token": "sandbox",
                "sender": "+15005550006",
                "base_url": sandbox_url,
            },
        ),
        NewAccount(
            name="sandbox-telegram",
            channel="telegram",
            vendor="telegram",
            rank=1,
            config={"token": "100000001:sandbox", "base_url": sandbox_url},
        ),
        NewAccount(
            name="sandbox-webhook",
            channel="webhook",
            vendor="webhook",
            rank=1,
            config={"secret": webhook.SECRET},
        ),
    ]


async def seed(
    *, database_url: str, secret_keys: str, sandbox_url: str, smtp_port: int, api_key: str | None
) -> str:
    """Make what is missing, point the accounts at this start's ports; the application's key."""
    engine = database.engine(database_url, pool=1, name="tidings demo")
    try:
        async with Sessions(engine).begin() as session:
            application_id = await applications.ensure(session, APPLICATION)
            await applications.add_categories(session, application_id, CATEGORIES)
            for name, (category, content) in TEMPLATES.items():
                await applications.add_template(session, application_id, name, category, content)
            keyring = Keyring(secret_keys)
            for account in accounts(sandbox_url, smtp_port):
                await applications.put_account(session, application_id, account, keyring)
            key = api_key or shapes.new()
            if await api_keys.find(session, shapes.digest(key)) is None:
                await _keep(session, application_id, key)
            return key
    finally:
        await engine.dispose()


async def _keep(session: Session, application_id: UUID, key: str) -> None:
    new = NewKey(
        id=uuid7(),
        application_id=application_id,
        name="demo",
        owner="tidings up",
        sha256=shapes.digest(key),
        last_four=key[-4:],
        scopes=list(shapes.SCOPES),
        expires_at=None,
    )
    await api_keys.insert(session, new)
