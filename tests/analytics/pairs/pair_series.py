"""Pairs of generated legs whose truth is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def walk(count: int, seed: int, step: float = 1e-3, start: float = 10.0) -> Floats:
    """A random walk of log prices."""
    return np.asarray(start + np.cumsum(np.random.default_rng(seed).normal(size=count)) * step)


def ornstein_uhlenbeck(count: int, half_life: float, seed: int, deviation: float = 1e-3) -> Floats:
    """A series that comes back to 0, with exactly this half-life in bars, from its stationary distribution."""
    again = 0.5 ** (1.0 / half_life)
    noise = np.random.default_rng(seed).normal(size=count) * deviation
    values = np.empty(count)
    values[0] = noise[0] / np.sqrt(1 - again * again)
    for i in range(1, count):
        values[i] = again * values[i - 1] + noise[i]
    return values


def cointegrated(count: int, seed: int, ratio: float = 0.7, half_life: float = 10.0) -> tuple[Floats, Floats]:
    """(y, x): y = ratio · x + 2 + what comes back."""
    x = walk(count, seed)
    return ratio * x + 2.0 + ornstein_uhlenbeck(count, half_life, seed + 1), x


def fractional_motion(count: int, hurst: float, seed: int) -> Floats:
    """Fractional Brownian motion of this Hurst exponent, exactly, by circulant embedding (Davies, Harte 1987)."""
    lags = np.arange(count)
    power = 2 * hurst
    covariance = 0.5 * (np.abs(lags + 1.0) ** power - 2 * np.abs(lags * 1.0) ** power + np.abs(lags - 1.0) ** power)
    eigenvalues = np.maximum(np.fft.fft(np.concatenate([covariance, covariance[-2:0:-1]])).real, 0.0)
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=len(eigenvalues)) + 1j * rng.normal(size=len(eigenvalues))
    return np.asarray(np.cumsum(np.fft.fft(np.sqrt(eigenvalues / len(eigenvalues)) * noise).real[:count]))
