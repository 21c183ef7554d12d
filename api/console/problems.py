"""Problems as pages: a whole one, or for htmx a box in the page, which leaves the form as it is."""

from collections.abc import Mapping
from typing import Any

from fastapi import Response

from api.console.texts import label
from api.console.visits import Visit

TITLES = {
    403: label("You may not do this"),
    404: label("There is no such page"),
    405: label("There is no such page"),
    409: label("Not possible now"),
    422: label("Please check what you entered"),
    429: label("Too many attempts"),
    503: label("Not available at the moment"),
}
OTHERWISE = label("Something went wrong")


def problem_page(visit: Visit, problem: Mapping[str, Any]) -> Response:
    """`status`, and if there are any `detail`, `field` and `code`."""
    status = int(problem["status"])
    problem = {"detail": "", "field": "", "code": "", **problem}
    title = visit.text(TITLES.get(status, OTHERWISE))
    response = visit.render(
        "error.html", part="problem.html", http_status=status, title=title, problem=problem
    )
    response.headers["HX-Retarget"] = "#problem"
    response.headers["HX-Reswap"] = "innerHTML show:#problem:top"
    return response
