"""The configuration of alerts: how loud each severity is on the screen, and where alerts go besides.

A secret never stands here. A key that needs one says where it is: `file:PATH`, a file that only its owner may read, or `env:NAME`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeAlias
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from core.alert_rules import Severity

Threshold: TypeAlias = Literal["info", "warning", "critical", "off"]
Reference: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^(file:[^\x00-\x1f]+|env:[A-Za-z_][A-Za-z0-9_]*)$",
        extra={"allowed": "file:PATH (a file of mode 0600) or env:NAME (an environment variable)", "private": True},
    ),
]
Address: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^(https?://[^\s\x00-\x1f@#]+|file:[^\x00-\x1f]+|env:[A-Za-z_][A-Za-z0-9_]*)$",
        extra={"allowed": "https://… without a user in it, or file:PATH (a file of mode 0600) or env:NAME that holds it", "private": True},
    ),
]
Hours: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^(|([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)$",
        extra={"allowed": 'such as 22:00-07:00, or "" for none'},
    ),
]

#: The name under which the services of apprise are one channel.
APPRISE = "apprise"

_REFERENCE = re.compile(r"(?:file|env):")


class WebhookConfig(Struct, frozen=True, kw_only=True):
    """A place that alerts are posted to as JSON, signed."""

    url: Annotated[Address | None, Meta(description="where to post to; one that holds a token is better kept as file: or env:")] = None
    secret: Annotated[Reference | None, Meta(description="where the key of the signature is")] = None
    level: Annotated[Severity, Meta(description="the least severity that goes there")] = "warning"
    resolved: Annotated[bool, Meta(description="tell also when an alert is over")] = True
    quiet: Annotated[bool, Meta(description="keeps the quiet hours: what comes then is told after them")] = True
    per_minute: Annotated[int, Meta(ge=0, le=600, description="at most so many a minute, more are folded into one; 0: any number")] = 20
    allow_internal: Annotated[bool, Meta(description="it may be a host of an internal network, and plain http://")] = False

    def __post_init__(self) -> None:
        missing = [name for name in ("url", "secret") if getattr(self, name) is None]
        if missing:
            raise ValueError(f"a webhook needs {' and '.join(missing)}")
        if self.url is None or _REFERENCE.match(self.url):
            return
        check_address(self.url, allow_internal=self.allow_internal)


class AppriseConfig(Struct, frozen=True, kw_only=True):
    """Services that apprise knows: mail, Telegram, Matrix, ntfy and a hundred more. Needs the extra `notify`."""

    urls: Annotated[Reference | None, Meta(description="where its addresses are, one a line; unset: nothing goes there")] = None
    level: Annotated[Severity, Meta(description="the least severity that goes there")] = "warning"
    resolved: Annotated[bool, Meta(description="tell also when an alert is over")] = False
    quiet: Annotated[bool, Meta(description="keeps the quiet hours: what comes then is told after them")] = True
    per_minute: Annotated[int, Meta(ge=0, le=600, description="at most so many a minute, more are folded into one; 0: any number")] = 10


class AlertsConfig(Struct, frozen=True, kw_only=True):
    """How alerts reach a person."""

    toast: Annotated[Threshold, Meta(description="the least severity that is shown over the screen")] = "info"
    bell: Annotated[Threshold, Meta(description="the least severity that rings the terminal's bell")] = "warning"
    desktop: Annotated[Threshold, Meta(description="the least severity of which the terminal shows a notice on the desktop")] = "warning"
    desktop_by: Annotated[
        Literal["auto", "osc9", "osc777", "off"], Meta(description="how it is asked to; auto: as the terminal knows it, else both ways")
    ] = "auto"
    quiet: Annotated[Hours, Meta(description="hours without bell, notices and messages")] = ""
    quiet_level: Annotated[Threshold, Meta(description="the least severity that is told in quiet hours all the same")] = "critical"
    zone: Annotated[str, Meta(description="the time zone of the quiet hours, such as Europe/Paris")] = "UTC"
    webhook: dict[str, WebhookConfig] = {}
    apprise: AppriseConfig = AppriseConfig()

    def __post_init__(self) -> None:
        if APPRISE in self.webhook:
            raise ValueError(f"a webhook cannot be called {APPRISE}")
        if self.quiet and self.quiet[:5] == self.quiet[6:]:
            raise ValueError(f"quiet = {self.quiet}: begins when it ends")
        if self.zone != "UTC":
            from zoneinfo import ZoneInfo

            try:
                ZoneInfo(self.zone)
            except (ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
                raise ValueError("zone is none that this machine knows") from None
            except KeyError:
                raise ValueError("zone is none that this machine knows: write it as Europe/Paris") from None


def check_address(url: str, *, allow_internal: bool) -> None:
    """Make sure that this may be posted to, as far as its text tells.

    Raises:
        ValueError: it may not; the message does not repeat it.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("url is no address") from None
    if not host or parts.scheme not in ("http", "https") or parts.username is not None:
        raise ValueError("url is no address: write https://host/path, without a user in it")
    if parts.scheme == "http" and not allow_internal:
        raise ValueError("url is http://: only https:// goes out, unless allow_internal = true")


def shown(value: Any) -> Any:
    """What may be said of a value that may hold a secret: where it is kept, or whose address it is."""
    if not isinstance(value, str) or _REFERENCE.match(value):
        return value
    parts = urlsplit(value)
    more = "/…" if parts.path.strip("/") or parts.query else ""
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{more}"
