"""How a page is looked at: by axe, in light, in dark and on a phone, and kept as a picture."""

from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Page

CONTRAST = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}
FOUND = "async options => (await axe.run(options)).violations"
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def look(tab: Page, name: str, screens: Path | None) -> None:
    """Fails for what is serious or critical, and for what is wider than a phone."""
    await tab.set_viewport_size({"width": 1280, "height": 900})
    await tab.emulate_media(color_scheme="light")
    await tab.wait_for_function("window.htmx !== undefined")
    await _seen(tab, name, "light", screens)
    await tab.emulate_media(color_scheme="dark")
    await _seen(tab, name, "dark", screens, CONTRAST)
    await tab.emulate_media(color_scheme="light")
    await tab.set_viewport_size({"width": 390, "height": 844})
    await _seen(tab, name, "phone", screens)
    assert await tab.evaluate(WIDE) <= 0, "it is wider than a phone"


async def _seen(
    tab: Page, name: str, how: str, screens: Path | None, options: dict[str, Any] | None = None
) -> None:
    if screens:
        await tab.screenshot(path=screens / f"{name}.{how}.png", full_page=True)
    # Not axe's own `run`: that reads its half a megabyte anew each time, and gives all that passed.
    if not await tab.evaluate("'axe' in window"):
        await tab.evaluate(AXE_SCRIPT)
    violations = await tab.evaluate(FOUND, options or {"resultTypes": ["violations"]})
    bad = [
        (one["id"], node["target"], node["failureSummary"])
        for one in violations
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
    assert not bad, f"{how}: {bad}"
