"""`tidings migrate`: the schema this build needs, and the coming days' partitions."""

import asyncio

import typer

from deploy.local.settings_check import check_settings, warn_of_unknown_settings
from deploy.managing.database_trouble import told_in_one_line
from models import logs
from models import migrate as migrations


def migrate() -> None:
    """Bring the database's schema up to date. Safe to repeat, and to run twice at once."""
    settings = check_settings()
    warn_of_unknown_settings()
    logs.configure(settings.log_level, settings.log_format)
    url = settings.database_url.get_secret_value()
    with told_in_one_line(url, "is TIDINGS_DATABASE_URL right?"):
        asyncio.run(migrations.upgrade(url))
    typer.echo(f"schema at {migrations.head()}")
