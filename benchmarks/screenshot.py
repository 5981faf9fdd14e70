"""Take the README's screenshot: the page on the bundled sample, as a reader meets it.

python benchmarks/screenshot.py     # writes docs/images/space.png; needs Chromium, extra `space`
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[1]
SIZE = {"width": 1200, "height": 1360}
_MAIN = "from mentalbench_hf.cli import main; main()"


def chromium() -> str:
    names = (os.environ.get("CHROMIUM_PATH"), "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found is None:
        sys.exit("no Chromium: run `make browser`")
    return found


def screenshot(url: str) -> bytes:
    """Return a PNG of the page's first tab, in few colours so that it stays small."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        page.goto(f"{url}/?c=14&judge=sample-judge-2")
        page.click("#mb-accept")
        page.wait_for_selector(".mb-card")
        if "SYNTHETIC SAMPLE" not in page.inner_text("#mb-banner"):
            sys.exit("the page does not say that it shows the sample")
        _settled(page)
        # Down to the lower edge of the first cards: nothing is cut through.
        box = page.locator(".mb-card").first.bounding_box()
        assert box is not None
        height = int(box["y"] + box["height"]) + 12
        clip = {"x": 0, "y": 0, "width": SIZE["width"], "height": height}
        taken = page.screenshot(full_page=True, clip=clip)
        browser.close()
    small = io.BytesIO()
    Image.open(io.BytesIO(taken)).convert("RGB").quantize(64).save(small, "PNG", optimize=True)
    return small.getvalue()


def _settled(page: Any) -> None:
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(1_000)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=CHECKOUT / "docs" / "images" / "space.png")
    out: Path = parser.parse_args().out
    command = [sys.executable, "-c", _MAIN, "space", "--source", "sample", "--port", "0"]
    paths = [str(CHECKOUT), *filter(None, [os.environ.get("PYTHONPATH")])]
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "HOME": folder, "PYTHONPATH": os.pathsep.join(paths)}
        server = subprocess.Popen(
            command, env=environment, cwd=folder, stderr=subprocess.PIPE, text=True
        )
        assert server.stderr is not None
        try:
            line = next((text for text in server.stderr if text.startswith("open ")), None)
            if line is None:
                sys.exit("the page did not start")
            content = screenshot(line.split()[1].rstrip("/"))
        finally:
            server.kill()
            server.wait()
    out.write_bytes(content)
    print(f"{out.name}: {len(content):,} bytes")


if __name__ == "__main__":
    main()
