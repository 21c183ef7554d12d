"""The first page: what needs attention."""

from fastapi import Response

from api.console.routes import pages
from api.console.visits import Reader

router = pages()


@router.get("/")
async def home(visit: Reader) -> Response:
    """For the member who looks, in the application they look at."""
    return visit.render("home/home.html")
