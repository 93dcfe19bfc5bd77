"""A server of daily dumps on loopback, with the ways in which servers of files let one down, and dumps to serve."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import web


def midnight_ms(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1000


def agg_rows(day: str, count: int, *, first_id: int, unit: int = 1, skip: frozenset[int] = frozenset()) -> str:
    """Rows of an aggTrades dump; `unit`: 1 for ms, 1000 for µs."""
    start, step = midnight_ms(day) * unit, 86_400_000 * unit // (count + 1)
    return "".join(
        f"{n},{60_000 + n % 700 / 100:.8f},{(n % 90 + 1) / 1000:.8f},{n},{n},{start + i * step},{'True' if n % 3 else 'False'},True\n"
        for i, n in enumerate(range(first_id, first_id + count))
        if n not in skip
    )


def zipped(name: str, text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


@dataclass
class DumpServer:
    """Serves files as the venue does.

    Attributes:
        files: bodies by path.
        cuts: so many bytes are sent of each of the next answers with a file, then the connection is cut.
        refusals: (status, headers) of the next answers, before any file.
        ranges: whether it knows of Range.
        asked: (path, Range header) of every request for a file that is no checksum.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    refusals: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    ranges: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""

    async def start(self) -> None:
        application = web.Application()
        application.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(application)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    def add(self, symbol: str, kind: str, day: str, text: str) -> str:
        """Publish a dump with its checksum; its path."""
        name = f"{symbol}-{kind}-{day}"
        path = f"/data/spot/daily/{kind}/{symbol}/{name}.zip"
        body = zipped(f"{name}.csv", text)
        self.files[path] = body
        self.files[f"{path}.CHECKSUM"] = f"{hashlib.sha256(body).hexdigest()}  {name}.zip\n".encode()
        return path

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        is_file = not request.path.endswith(".CHECKSUM")
        wanted = request.headers.get("Range", "")
        if is_file:
            self.asked.append((request.path, wanted))
        if self.refusals:
            status, headers = self.refusals.pop(0)
            return web.Response(status=status, headers=headers)
        body = self.files.get(request.path)
        if body is None:
            return web.Response(status=404, text="<Error><Code>NoSuchKey</Code></Error>")
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.ranges else 0
        if start and start >= len(body):
            return web.Response(status=416, headers={"Content-Range": f"bytes */{len(body)}"})
        answer = web.StreamResponse(status=206 if start else 200, headers={"Content-Length": str(len(body) - start)})
        if start:
            answer.headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        await answer.prepare(request)
        if is_file and self.cuts:
            await answer.write(body[start : start + self.cuts.pop(0)])
            assert request.transport is not None
            request.transport.close()
            return answer
        await answer.write(body[start:])
        return answer
