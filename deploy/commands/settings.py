"""`tidings settings`: every TIDINGS_* variable, read from the one place that defines them."""

import json
from typing import Any

import typer
from pydantic import SecretStr
from pydantic_core import to_jsonable_python
from rich.console import Console
from rich.table import Table

from deploy.commands.options import AsJson
from deploy.local.masking import masked
from deploy.local.settings_check import check_settings, warn_of_unknown_settings
from deploy.managing.listing import wide
from models.settings import Settings


def settings(as_json: AsJson = False) -> None:
    """List every setting with its default, its value now and what it is for."""
    rows = _rows(check_settings())
    warn_of_unknown_settings()
    if as_json:
        typer.echo(json.dumps(rows))
        return
    table = Table("variable and value", "what it is for", box=None, padding=(0, 2, 1, 0))
    for row in rows:
        changed = row["value"] != row["default"]
        was = f"\n(default {row['default']})" if changed else ""
        table.add_row(f"{row['variable']}\n{row['value']}{was}", row["description"])
    wide(Console(highlight=False, markup=False)).print(table)


def _rows(now: Settings) -> list[dict[str, Any]]:
    prefix = Settings.model_config["env_prefix"]
    return [
        {
            "variable": f"{prefix}{name}".upper(),
            "default": _shown(field.default),
            "value": _shown(getattr(now, name)),
            "description": field.description,
        }
        for name, field in Settings.model_fields.items()
    ]


def _shown(value: object) -> Any:
    if isinstance(value, SecretStr):
        return masked(value.get_secret_value())
    return to_jsonable_python(value)
