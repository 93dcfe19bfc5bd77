"""Bundles a function and everything it reaches into one self-contained source text.

numba's own cache keys a function on the file it stands in: it does not see that an imported helper changed. One
file that holds every source it depends on, in a folder named by the hash of that text, cannot be stale.
"""

from __future__ import annotations

import ast
import copy
import importlib.util
import inspect
import math
from collections.abc import Mapping
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from core import kernels
from core.compile.pruner import Pruner, without
from core.errors import StrategyError
from core.kernels.features import ADDED

LIBRARIES = {math: "math", np: "np"}
FEATURES = {name.upper(): False for name in ADDED}
CONSTANTS = (bool, int, float, str, type(None))


class Bundle:
    """Functions and constants of one generated module, in the order they must be defined.

    Args:
        replace: functions to put in the place of others, wherever they are called.
        specialise: functions to put in the place of others where the last argument is the attribute named: `f(…, p.interval)`.
        switches: constants of some modules fixed for this bundle, as (their names, values); branches they turn off are cut out.
        trim: functions whose plain stores to fields that nothing in the bundle reads are left out.
        features: constants of all modules of kernels, cut out before anything is looked at: what they turn off is not reached.
    """

    def __init__(
        self,
        replace: dict[Any, Any],
        specialise: dict[Any, tuple[Any, str]],
        switches: tuple[tuple[str, ...], dict[str, Any]] = ((), {}),
        trim: tuple[Any, ...] = (),
        features: Mapping[str, bool] | None = None,
    ) -> None:
        self.replace = replace
        self.specialise = specialise
        self.switches = switches
        self.trim = trim
        self.features = FEATURES | dict(features or {})
        self.functions: list[str] = []
        self._definitions: list[ast.FunctionDef] = []
        self._trimmed: list[ast.FunctionDef] = []
        self._names: dict[FunctionType, str] = {}
        self._trees: dict[str, ast.Module] = {}

    def add(self, function: FunctionType) -> str:
        """Take in a function and all it reaches; returns its name in the bundle.

        Raises:
            StrategyError: it uses something that cannot be compiled in; the message names file, line and name.
        """
        function = self.replace.get(function, function)
        if function in self._names:
            return self._names[function]
        name = f"{function.__module__.rpartition('.')[2]}__{function.__name__}"
        while name in self._names.values():
            name += "_"
        self._names[function] = name
        definition = self._definition(function)
        if function.__module__.startswith(f"{kernels.__name__}."):
            definition = without(definition, self.features)
        tree = Resolver(self, function, definition).visit(definition)
        tree = ast.fix_missing_locations(Pruner().visit(tree))
        tree.name = name
        self.functions.append(name)
        self._definitions.append(tree)
        if function in self.trim:
            self._trimmed.append(tree)
        return name

    def definitions(self) -> list[str]:
        """The source of each function, callees first."""
        nodes = [node for tree in self._definitions for node in ast.walk(tree)]
        read = {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)}
        read |= {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        for tree in self._trimmed:
            tree.body = [s for s in tree.body if not (isinstance(s, ast.Assign) and _field(s.targets[0]) not in (None, *read))]
        return [ast.unparse(tree) for tree in self._definitions]

    def _definition(self, function: FunctionType) -> ast.FunctionDef:
        path = inspect.getfile(function)
        if path not in self._trees:
            self._trees[path] = ast.parse(importlib.util.decode_source(Path(path).read_bytes()))
        for node in ast.walk(self._trees[path]):
            if isinstance(node, ast.FunctionDef) and node.lineno == function.__code__.co_firstlineno:
                return _plain(node)
        raise StrategyError(f"{path}: cannot find {function.__name__}; only plain functions at the top of a module can be compiled in")

    def constant(self, owner: str, name: str, value: Any) -> ast.expr:
        """A module-level value of the module `owner` as an expression."""
        if owner in self.switches[0]:
            value = self.switches[1].get(name, value)
        if isinstance(value, float) and not math.isfinite(value):
            special = ast.Attribute(ast.Name("np", ast.Load()), "nan" if math.isnan(value) else "inf", ast.Load())
            return ast.UnaryOp(ast.USub(), special) if value < 0 else special
        if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
            return ast.UnaryOp(ast.USub(), ast.Constant(-value))
        return ast.Constant(value)


def _field(target: ast.expr) -> str | None:
    return target.attr if isinstance(target, ast.Attribute) else None


def _plain(node: ast.FunctionDef) -> ast.FunctionDef:
    """A copy of the function without annotations, docstring and decorators; its nodes keep their lines."""
    plain = copy.deepcopy(node)
    plain.decorator_list = []
    plain.returns = None
    for arg in (*plain.args.posonlyargs, *plain.args.args, *plain.args.kwonlyargs):
        arg.annotation = None
    if ast.get_docstring(plain) is not None:
        plain.body = plain.body[1:] or [ast.Pass()]
    return plain


class Resolver(ast.NodeTransformer):
    """Resolves a function's global names to bundled functions, libraries and constants."""

    def __init__(self, bundle: Bundle, function: FunctionType, definition: ast.FunctionDef) -> None:
        self.bundle = bundle
        self.function = function
        names = (node for node in ast.walk(definition) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
        self.local = {node.id for node in names} | set(function.__code__.co_varnames)
        if function.__code__.co_freevars:
            raise self.refuse(definition, function.__code__.co_freevars[0], "a closure")

    def refuse(self, node: ast.AST, name: str, what: str) -> StrategyError:
        """One line that says which name cannot be compiled in, where, and why."""
        line = getattr(node, "lineno", self.function.__code__.co_firstlineno)
        file = self.function.__code__.co_filename
        return StrategyError(f"{file}:{line}: {self.function.__name__} uses {name}, {what}, which cannot be compiled in")

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        if node.value is None:
            return ast.Pass()
        return ast.copy_location(ast.Assign([self.visit(node.target)], self.visit(node.value)), node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        known, function = self.value_of(node.func)
        if known and isinstance(function, FunctionType) and function in self.bundle.specialise:
            special, field = self.bundle.specialise[function]
            if node.args and _field(node.args[-1]) == field:
                node.func = ast.copy_location(ast.Name(self.bundle.add(special), ast.Store()), node.func)
        return self.generic_visit(node)  # type: ignore[return-value]

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.local or not isinstance(node.ctx, ast.Load):
            return node
        return self.resolve(node, node.id, self.function.__globals__["__name__"], *self.value_of(node))

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id not in self.local:
            _, owner = self.value_of(node.value)
            if isinstance(owner, ModuleType) and owner not in LIBRARIES:
                return self.resolve(node, node.attr, owner.__name__, *self.value_of(node))
        return self.generic_visit(node)  # type: ignore[return-value]

    def value_of(self, node: ast.expr) -> tuple[bool, Any]:
        """Whether an expression is a global name or a name of an imported module, and its value."""
        if isinstance(node, ast.Name) and node.id not in self.local:
            space = self.function.__globals__
            return node.id in space, space.get(node.id)
        if isinstance(node, ast.Attribute):
            _, owner = self.value_of(node.value)
            if isinstance(owner, ModuleType):
                return hasattr(owner, node.attr), getattr(owner, node.attr, None)
        return False, None

    def resolve(self, node: ast.expr, name: str, owner: str, known: bool, value: Any) -> ast.expr:
        """The expression that stands for a global in the bundle."""
        if not known:
            if name in __builtins__:  # type: ignore[operator]
                return node
            raise self.refuse(node, name, "a name that is not defined")
        if isinstance(value, FunctionType):
            return ast.Name(self.bundle.add(value), ast.Load())
        if isinstance(value, ModuleType):
            if value in LIBRARIES:
                return ast.Name(LIBRARIES[value], ast.Load())
            raise self.refuse(node, name, "a module other than math and numpy")
        if isinstance(value, CONSTANTS):
            return self.bundle.constant(owner, name, value)
        raise self.refuse(node, name, f"a {type(value).__name__}")
