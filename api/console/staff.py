"""The staff, for its admins."""

from api.console.routes import pages

router = pages("/staff")
