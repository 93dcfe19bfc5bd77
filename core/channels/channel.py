"""One way out for alerts as it is configured, and all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.channels.outcome import Way
from core.channels.secret import read_secret
from core.channels.services import Services, is_installed
from core.channels.webhook import Webhook
from core.config_alerts import APPRISE, AlertsConfig, AppriseConfig, WebhookConfig, check_address, shown
from core.errors import ConfigError, UsageError

_SCHEME = re.compile(r"[a-z][a-z0-9+]{0,15}://")


@dataclass(frozen=True, slots=True)
class Channel:
    """Where alerts go.

    Attributes:
        kind: webhook | apprise.
        terms: the section of the configuration it is made of.
        where: what may be said of its address.
        way: what delivers.
    """

    name: str
    kind: str
    terms: WebhookConfig | AppriseConfig
    where: str
    way: Way


def channel_names(config: AlertsConfig) -> list[str]:
    """The channels that are configured."""
    return [*config.webhook, *([APPRISE] if config.apprise.urls is not None else [])]


def open_channel(name: str, config: AlertsConfig, home: Path, env: Mapping[str, str]) -> Channel:
    """One channel, its secrets read.

    Raises:
        UsageError: there is none of this name.
        ConfigError: a secret is not there or others may read it, or what is needed is not installed.
    """
    if name in config.webhook:
        return _webhook(name, config.webhook[name], home, env)
    if name == APPRISE and config.apprise.urls is not None:
        return _apprise(config.apprise, home, env)
    known = ", ".join(channel_names(config)) or "none is configured, see [alerts.webhook.NAME] in cockpit.toml"
    raise UsageError(f"no channel {name!r}: {known}")


def open_channels(config: AlertsConfig, home: Path, env: Mapping[str, str]) -> Iterator[tuple[str, Channel | ConfigError]]:
    """Every channel by name, or why it cannot be used."""
    for name in channel_names(config):
        try:
            yield name, open_channel(name, config, home, env)
        except ConfigError as error:
            yield name, error


def _webhook(name: str, terms: WebhookConfig, home: Path, env: Mapping[str, str]) -> Channel:
    section = f"[alerts.webhook.{name}]"
    assert terms.url is not None  # the configuration refuses a webhook without
    assert terms.secret is not None
    secret = read_secret(terms.secret, f"{section} secret", home, env)
    url = terms.url
    if url.partition(":")[0] in ("file", "env"):
        url = read_secret(url, f"{section} url", home, env)
        try:
            check_address(url, allow_internal=terms.allow_internal)
        except ValueError as error:
            raise ConfigError(f"{section} {error}") from None
    return Channel(name, "webhook", terms, str(shown(url)), Webhook(url, secret, allow_internal=terms.allow_internal))


def _apprise(terms: AppriseConfig, home: Path, env: Mapping[str, str]) -> Channel:
    assert terms.urls is not None  # asked by those who call
    text = read_secret(terms.urls, "[alerts.apprise] urls", home, env)
    urls = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not urls:
        raise ConfigError("[alerts.apprise] urls: there is no address in it")
    if not is_installed():
        raise ConfigError("[alerts.apprise] apprise is not installed: pip install 'cockpit[notify]'")
    kinds = sorted({found[0] for url in urls if (found := _SCHEME.match(url))})
    return Channel(APPRISE, "apprise", terms, ", ".join(f"{kind}…" for kind in kinds), Services(urls))
