"""What the forms of vendor accounts say, as the API's own bodies.

A secret is only ever written: an empty field keeps it, and `forget` names those to take away.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from api import vendor_settings
from api.console.forms import FormFields, validated
from api.vendor_bodies import AccountRate, VendorAccountCreate, VendorAccountPatch
from api.vendor_settings import Setting

CONFIG = "config."  # before a setting's name, as problems name it


def created(form: FormFields) -> VendorAccountCreate:
    """A new one; settings that are as usual are left out."""
    vendor = form.wanted("vendor")
    written = {one.name: _written(form, one) for one in vendor_settings.settings_of(vendor)}
    usual = {one.name: one.default for one in vendor_settings.settings_of(vendor)}
    config = {n: v for n, v in written.items() if v is not None and v != usual[n]}
    values = {"name": form.wanted("name"), "vendor": vendor, "config": config, "rate": rate(form)}
    return validated(VendorAccountCreate, {**values, "rank": rank(form)})


def changed(form: FormFields, vendor: str, before: Mapping[str, Any]) -> VendorAccountPatch:
    """What differs from `before`, the settings as they are; null takes one away."""
    config = {}
    for one in vendor_settings.settings_of(vendor):
        value = _written(form, one)
        if one.kind == "secret":
            if value is not None or one.name in form.every("forget"):
                config[one.name] = value
        elif value != before.get(one.name, one.default) and (
            value is not None or one.name in before
        ):
            config[one.name] = value
    name = form.wanted("name")
    return validated(VendorAccountPatch, {"name": name, "rank": rank(form), "config": config})


def rank(form: FormFields) -> float:
    """1 is asked first."""
    found = form.number("rank")
    return 1 if found is None else found


def rate(form: FormFields) -> AccountRate | None:
    """None: no limit."""
    per_second, percent = form.number("per_second"), form.number("reserve_percent") or 0
    if per_second is None:
        return None
    return validated(AccountRate, {"per_second": per_second, "reserve": percent / 100})


def _written(form: FormFields, setting: Setting) -> Any:
    """As JSON; None if it is empty. What is no number stays a text, for the vendor to refuse."""
    name = CONFIG + setting.name
    if setting.kind == "flag":
        return name in form
    text = form.get(name)
    if text is None:
        return None
    if setting.kind == "list":
        return [line.strip() for line in text.splitlines() if line.strip()]
    if setting.kind == "number":
        return _number(text)
    return text


def _number(text: str) -> Any:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return found if isinstance(found, int | float) else text
