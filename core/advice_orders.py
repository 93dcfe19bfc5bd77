"""What people do about advice of the copilot itself: wave it away, or hear nothing of a kind for a while."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from msgspec import Meta, Struct


class DismissAdvice(Struct, frozen=True, kw_only=True, tag="dismiss_advice"):
    """Take advice away; it comes back only where it got clearly worse."""

    id: str


class MuteAdvice(Struct, frozen=True, kw_only=True, tag="mute_advice"):
    """Say nothing of a rule about a subject until then; None: any rule, any subject; `until_ns` 0: speak again."""

    rule: str | None = None
    subject: Annotated[str, Meta(max_length=200)] | None = None
    until_ns: Annotated[int, Meta(ge=0)]


AdviceCommand: TypeAlias = DismissAdvice | MuteAdvice
