"""The browser of the tests: the system's Chromium. `python -m tests.chromium` installs it.

Only if it is missing, by apt-get, and only as root; otherwise it says what is to be done. A font
with Chinese letters comes with it, for pictures of the pages; no test needs one.
"""

import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome")
FONT = "fonts-wqy-microhei"  # 2 MB; Noto's have 55
WANTED = "there is no Chromium: apt-get install chromium"


def path() -> str | None:
    """Its executable."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def arguments() -> list[str]:
    """Without the emulation of a graphics card; root's Chromium has no sandbox of its own."""
    return ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]


def install() -> None:
    """By the system's packages."""
    apt_get = shutil.which("apt-get")
    if path() or not apt_get or os.geteuid() != 0:
        return
    print("Installing Chromium for the tests of the console; this may take a minute …")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ("install", "-qq", "--no-install-recommends")
    for command in (("update", "-qq"), (*install, "chromium"), (*install, FONT)):
        subprocess.run((apt_get, *command), check=False, env=environment, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    install()
    if not path():
        print(f"{WANTED} (the tests of the console's pages are skipped)")
