"""What a route's query may say. A misspelt filter would let everything through."""

from fastapi import Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute

from models.errors import Invalid

ANY = "KEY"  # ends the name of a parameter that goes on as the caller likes, such as metadata.KEY


class QueryNames:
    """Of one route, as its document has them."""

    def __init__(self, route: APIRoute) -> None:
        more = (route.openapi_extra or {}).get("parameters", [])
        open_ended = [each["name"] for each in more if each["in"] == "query"]
        declared = [
            field.alias
            for field in get_flat_params(route.dependant)
            if getattr(field.field_info, "in_", None) not in ("path", "header", "cookie")
        ]
        self._known = frozenset(declared)
        self._prefixes = tuple(name.removesuffix(ANY) for name in open_ended)
        self._told = ", ".join(sorted([*declared, *open_ended])) or "none"

    def check(self, request: Request) -> None:
        """Invalid names the first that is unknown, given twice, or cannot be stored."""
        given = request.query_params.multi_items()
        names = [name for name, _ in given]
        for name, value in given:
            if name not in self._known and not name.startswith(self._prefixes):
                raise Invalid(
                    "no such parameter of the query",
                    field=name[:100],
                    limit=self._told,
                    reason="unknown_parameter",
                )
            if "\0" in name + value:
                raise Invalid("NUL cannot be stored", field=name[:100], reason="nul")
            if names.count(name) > 1:
                detail = "given twice; all filters must hold, and this one has one value"
                raise Invalid(detail, field=name[:100], reason="contradicting_filters")
