"""My account: password, language, time zone."""

from api.console.routes import pages

router = pages("/account")
