"""What the forms of profiles say, as the API's own bodies."""

from pydantic import BaseModel

from api.console.forms import FormFields, Revision
from api.profile_bodies import ExternalId, ProfileCreate, ProfilePatch
from models.repositories.profiles import Row

METADATA = "metadata."  # before a name of the metadata, as problems name it
FIELDS = ("name", "locale", "time_zone")


class Into(BaseModel):
    """The external id of the profile that stays."""

    into: ExternalId


def created(form: FormFields) -> ProfileCreate:
    """A new one, with its first contact."""
    first = {"channel": form.get("channel"), "address": form.get("address")}
    contacts = [first] if first["address"] else []
    return form.to(ProfileCreate, contacts=contacts, metadata=metadata(form))


def edited(form: FormFields) -> ProfilePatch:
    """All that the form has; a field that is empty empties it."""
    named = {name: form.get(name, "") for name in FIELDS}
    revision = form.to(Revision).revision
    return form.to(ProfilePatch, revision=revision, **named, metadata=metadata(form))


def metadata(form: FormFields) -> dict[str, str]:
    """By name; what is empty is not there. One more may be there, with its name beside it."""
    names = [name for name in form if name.startswith(METADATA)]
    found = {name.removeprefix(METADATA): _lines(form[name]) for name in names}
    if "metadata_name" in form or "metadata_value" in form:
        found[form.wanted("metadata_name").strip()] = form.wanted("metadata_value")
    return found


def changed(row: Row, form: FormFields) -> list[str]:
    """The fields in which the form differs from the profile."""
    names = [name for name in ("external_id", *FIELDS) if form.get(name, "") != row[name]]
    return names + ["metadata"] * (metadata(form) != row["metadata"])


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")  # as browsers end them
