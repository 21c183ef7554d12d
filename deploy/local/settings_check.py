"""Reads the TIDINGS_* variables early, so that a wrong one is named once and not in six logs."""

from pydantic import ValidationError

from deploy.local.refusal import CannotRun
from models.settings import Settings


def check_settings() -> Settings:
    """The settings of this environment; CannotRun names the first variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        prefix = "" if name.startswith("TIDINGS_") else "TIDINGS_"
        raise CannotRun(f"{prefix}{name}: {first['msg']}") from None
