"""A headless browser that opens a page from disk, and tells what went wrong in it: spoken to over its debugging socket."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

BROWSER = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)


#: Drawn, or loaded without having been.
READY = """new Promise(done => {
  const ready = () => document.querySelector("footer") || document.readyState === "complete"
    ? requestAnimationFrame(() => requestAnimationFrame(done)) : setTimeout(ready, 20);
  ready();
})"""


class Page:
    """One tab.

    Attributes:
        wrong: errors of scripts, and whatever the console or the browser complains of.
        asked: addresses the page asked for.
    """

    def __init__(self, socket: Any) -> None:
        self._socket, self._number = socket, 0
        self.wrong: list[str] = []
        self.asked: list[str] = []

    def do(self, method: str, **params: Any) -> Any:
        """The answer to a command; what is told meanwhile is noted."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            said = json.loads(self._socket.recv(timeout=60))
            self._note(said)
            if said.get("id") == self._number:
                if "error" in said:
                    raise AssertionError(said["error"])
                return said["result"]

    def open(self, path: Path, width: int = 1280, *, dark: bool = False) -> None:
        """Open a file, and wait until it is drawn."""
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.do(f"{domain}.enable")
        self.do("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.do("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.do("Page.navigate", url=path.as_uri())
        self.run(READY)

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        found = self.do("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            raise AssertionError(found["exceptionDetails"])
        return found["result"].get("value")

    def picture(self, path: Path) -> None:
        """The whole page as a PNG."""
        size = self.do("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        path.write_bytes(base64.b64decode(self.do("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"]))

    def _note(self, said: dict[str, Any]) -> None:
        params = said.get("params", {})
        match said.get("method"):
            case "Runtime.exceptionThrown":
                self.wrong.append(json.dumps(params["exceptionDetails"])[:500])
            case "Runtime.consoleAPICalled":
                self.wrong.append(json.dumps(params["args"])[:500])
            case "Log.entryAdded":
                self.wrong.append(params["entry"]["text"])
            case "Network.requestWillBeSent":
                self.asked.append(params["request"]["url"])


@contextmanager
def opened(folder: Path) -> Iterator[Page]:
    """A tab of a browser of its own, which is ended afterwards."""
    assert BROWSER is not None
    words = [
        BROWSER,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--remote-debugging-port=0",
        f"--user-data-dir={folder}",
        "about:blank",
    ]
    with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stderr is not None
            address = next(line.split()[-1] for line in process.stderr if line.startswith("DevTools listening on"))
            with connect(address, max_size=None) as browser:
                whole = Page(browser)
                target = whole.do("Target.createTarget", url="about:blank")["targetId"]
            with connect(f"{address.split('/devtools')[0]}/devtools/page/{target}", max_size=None) as tab:
                yield Page(tab)
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=20)
            process.kill()
