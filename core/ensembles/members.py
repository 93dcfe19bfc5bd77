"""Finds the strategies that an ensemble's members are: built-in ones, and a user's beside the ensemble's file."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from core.errors import StrategyError
from core.kernels.records import OWN
from core.strategy import KERNEL, Definition, describe_fields, source_hash
from core.strategy_files import builtin_folder, load, strategy_file
from core.written.loading import ENSEMBLE, kind_of, text_of


def found(name: str, folder: Path) -> Definition:
    """The strategy of a name, of this folder or built in.

    Raises:
        StrategyError: there is none, or it cannot be a member.
    """
    path = strategy_file(name, [builtin_folder(), folder])
    if path.suffix == ".toml" and kind_of(text_of(path)) == ENSEMBLE:
        raise StrategyError(f"{name} is an ensemble itself: give its members")
    definition = load(path)
    if definition.kind != KERNEL:
        raise StrategyError(f"{name} is a class in plain Python, which cannot be compiled in: a member has a `step` function")
    if definition.legs != 1:
        raise StrategyError(f"{name} trades {definition.legs} symbols: a member trades one")
    fields: Any = definition.module.STATE.fields or {}
    if "heard" in fields:
        raise StrategyError(f"{name} listens to sources itself: give them as members")
    if "own" in fields and fields["own"][0] != OWN:
        raise StrategyError(f"{name} has a field `own` of another type than core.kernels.records.OWN")
    for row in describe_fields(definition.params_type):
        if row["type"] == "str" or not np.isscalar(row["default"]):
            raise StrategyError(f"{name} has a parameter {row['name']!r} that is no number with a default, which compiled code cannot take")
    return definition


def loaded(path: str, source: str) -> ModuleType:
    """The module of a member, for what is written out of an ensemble.

    Args:
        path: of its file.
        source: hash of that file's text when the ensemble was written out.

    Raises:
        StrategyError: the file is another one by now.
    """
    if source_of(Path(path)) != source:
        raise StrategyError(f"{path} was edited while it was read: try again")
    return load(Path(path)).module


def source_of(path: Path) -> str:
    """Hash of a strategy file's text.

    Raises:
        StrategyError: it cannot be read.
    """
    try:
        return source_hash(importlib.util.decode_source(path.read_bytes()))
    except OSError as error:
        raise StrategyError(f"{path}: cannot be read: {error}") from None
