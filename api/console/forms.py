"""What forms send. Everything in them is text: a field that is empty is not there."""

from collections.abc import Iterator, Mapping
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel, Field, ValidationError

from api.console.forgery import FIELD
from api.console.visits import Needs, StaffVisit
from api.deps import Session
from api.errors import first_problem
from models.errors import Conflict, Invalid
from models.repositories import staff_sessions
from models.roles import Permission

ONCE = "form_id"
Model = TypeVar("Model", bound=BaseModel)


class Revision(BaseModel):
    """Of what a form edits, as its page showed it."""

    revision: int = Field(ge=1, le=2**31 - 1)


class FormFields(Mapping[str, str]):
    """The fields of a form, without those that are empty."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = [(name, value) for name, value in pairs if value.strip()]
        self._last = dict(self._pairs)

    def __getitem__(self, name: str) -> str:
        return self._last[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._last)

    def __len__(self) -> int:
        return len(self._last)

    def every(self, name: str) -> list[str]:
        """All values of a field that may be there more than once."""
        return [value for key, value in self._pairs if key == name]

    def wanted(self, name: str) -> str:
        """The field; Invalid if it is empty."""
        if name not in self:
            raise Invalid("want something here", field=name, reason="missing")
        return self[name]

    def number(self, name: str) -> float | None:
        """The field as a number, None if it is empty; Invalid if it is none."""
        try:
            return float(self[name]) if name in self else None
        except ValueError:
            raise Invalid("want a number", field=name, reason="not_a_number") from None

    def to(self, model: type[Model], **more: object) -> Model:
        """As a body of the API, with `more` for what is no text; Invalid names the field."""
        values = {n: v for n, v in self.items() if n in model.model_fields}
        return validated(model, values | more)


def validated(model: type[Model], values: Mapping[str, object]) -> Model:
    """A body of the API from values that a page has put together; Invalid names the field."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problem = first_problem([{**e, "loc": ("body", *e["loc"])} for e in error.errors()])
        reason = problem.pop("code")
        raise Invalid(problem.pop("detail"), reason=reason, **problem) from None


async def _fields(request: Request) -> FormFields:
    form = await request.form()
    pairs = [(n, v) for n, v in form.multi_items() if isinstance(v, str) and n != FIELD]
    for name, value in pairs:
        if "\0" in name + value:
            field = name[:100].replace("\0", "")
            raise Invalid("NUL characters cannot be stored", field=field, reason="nul")
    return FormFields(pairs)


async def _once(
    request: Request,
    session: Session,
    visit: Annotated[StaffVisit, Depends(Needs(Permission.READ))],
) -> FormFields:
    """Its `form_id` is used up by the transaction that does what it asks for."""
    fields = await _fields(request)
    try:
        id = UUID(fields.wanted(ONCE))
    except ValueError:
        raise Invalid("not a form of ours", field=ONCE, reason="form_id") from None
    if not await staff_sessions.first_use(session, id, visit.member["id"]):
        detail = "this form was sent before, and done once: nothing was done again"
        raise Conflict(detail, field=ONCE, reason="form_sent_before")
    return fields


Form = Annotated[FormFields, Depends(_fields)]
# For what must not happen twice: the form has `{{ once() }}` in it.
FormOnce = Annotated[FormFields, Depends(_once)]
