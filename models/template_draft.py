"""A version as an author writes it, checked; pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.errors import Invalid
from models.rendering.content import Content
from models.rendering.declared import Types, variables_of

MOST_VARIABLES = 200


@dataclass(frozen=True, slots=True)
class Draft:
    """What a version says. `variables`: all that data may have."""

    content: Content
    variables: list[str]
    types: Types


def drafted(content: Content, types: Mapping[str, str] | None) -> Draft:
    """The version to write; Invalid names the part and the line. None: nothing is declared."""
    variables = variables_of(content, types)
    if len(variables) > MOST_VARIABLES:
        detail = f"{len(variables)} variables; at most {MOST_VARIABLES}"
        raise Invalid(detail, field="content", limit=MOST_VARIABLES, reason="too_many_variables")
    return Draft(content, variables, types or {})
