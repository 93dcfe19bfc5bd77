"""Times in files become exact nanoseconds, whatever their form; what is no time is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.research.source_times import is_iso, is_unix, read_times

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
moments = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (bounds must be naive)


def ns_of(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1) * 1000


@given(st.lists(moments, min_size=1, max_size=5), st.sampled_from(["iso", "space", "zulu", "offset"]))
def test_iso_times_agree_with_datetime(times: list[datetime], form: str) -> None:
    texts = {
        "iso": [t.replace(tzinfo=None).isoformat() for t in times],
        "space": [t.replace(tzinfo=None).isoformat(" ") for t in times],
        "zulu": [t.replace(tzinfo=None).isoformat() + "Z" for t in times],
        "offset": [t.astimezone(timezone(timedelta(hours=-3, minutes=-30))).isoformat() for t in times],
    }[form]
    values, wrong = read_times(texts)
    assert wrong == -1
    assert values.tolist() == [ns_of(t) for t in times]


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1704067200", 1_704_067_200_000_000_000),
        ("1704067200123", 1_704_067_200_123_000_000),
        ("1704067200123456", 1_704_067_200_123_456_000),
        ("1704067200123456789", 1_704_067_200_123_456_789),
        ("1704067200.000000001", 1_704_067_200_000_000_001),
        ("1704067200123.5", 1_704_067_200_123_500_000),
        ("1.7040672E9", 1_704_067_200_000_000_000),
        ("2024-01-01", 1_704_067_200_000_000_000),
        ("20240101", 1_704_067_200_000_000_000),
        ("20240101 00:00:01", 1_704_067_201_000_000_000),
        ("2024-01-01T00:00:00.123456789Z", 1_704_067_200_123_456_789),
        ("2024-01-01 00:00 UTC", 1_704_067_200_000_000_000),
        ("0", 0),
    ],
)
def test_every_form_is_exact(text: str, ns: int) -> None:
    assert read_times([text])[0].tolist() == [ns]
    values, wrong = read_times([text, "2024-01-01T12:00:00+01:00"])  # not all alike: one by one
    assert (values[0], wrong) == (ns, -1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "NaN",
        "nat",
        "today",
        "2024-13-01",
        "2024-02-30",
        "2024-01-01 25:00",
        "-5",
        "1e40",
        "inf",
        "99999999999999999999",
        "9223372037",
    ],
)
def test_what_is_no_time_is_named(text: str) -> None:
    assert read_times(["1704067200", text])[1] == 1
    assert read_times(["2024-01-01", text, "x"])[1] == 1


def test_days_of_eight_digits_are_no_unix_times() -> None:
    assert not is_unix("20240101")
    assert is_unix("1704067200")
    assert is_iso("2024-01-01")
    assert not is_iso("20240101")
