"""What a session ran on: enough to say later whether a replay can be expected to give the same bits."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import sys

PACKAGES = ("cockpit", "numba", "llvmlite", "numpy", "msgspec", "websockets", "textual")


def fingerprint() -> str:
    """Versions of Python, the packages that decide numbers, and the machine, as JSON."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return json.dumps({"python": sys.version.split()[0], "machine": platform.machine(), "system": platform.system(), **versions})
