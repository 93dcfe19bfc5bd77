"""Bundles a function and everything it reaches into one self-contained source text.

numba's own cache keys a function on the file it stands in: it does not see that an imported helper changed. One
file that holds every source it depends on, in a folder named by the hash of that text, cannot be stale.
"""

from __future__ import annotations

import ast
import inspect
import math
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from core.errors import StrategyError

LIBRARIES = {math: "math", np: "np"}
CONSTANTS = (bool, int, float, str, type(None))


class Bundle:
    """Functions and constants of one generated module, in the order they must be defined.

    Args:
        replace: functions to put in the place of others, wherever they are called.
        switches: module constants (by name) fixed for this bundle; branches they turn off are cut out.
        trim: functions whose plain stores to fields that nothing in the bundle reads are left out.
    """

    def __init__(self, replace: dict[Any, Any], switches: dict[str, Any], trim: tuple[Any, ...] = ()) -> None:
        self.replace = replace
        self.switches = switches
        self.trim = trim
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
        self._names[function] = name
        tree = _Rename(self, function).visit(self._definition(function))
        tree = ast.fix_missing_locations(_Prune().visit(tree))
        tree.name = name
        self.functions.append(name)
        self._definitions.append(tree)
        if function in self.trim:
            self._trimmed.append(tree)
        return name

    def definitions(self) -> list[str]:
        """The source of each function, callees first."""
        nodes = (node for tree in self._definitions for node in ast.walk(tree))
        read = {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)}
        for tree in self._trimmed:
            tree.body = [s for s in tree.body if not (isinstance(s, ast.Assign) and _field(s.targets[0]) not in (None, *read))]
        return [ast.unparse(tree) for tree in self._definitions]

    def _definition(self, function: FunctionType) -> ast.FunctionDef:
        path = inspect.getfile(function)
        if path not in self._trees:
            self._trees[path] = ast.parse(Path(path).read_text(encoding="utf-8"))
        for node in ast.walk(self._trees[path]):
            if isinstance(node, ast.FunctionDef) and node.lineno == function.__code__.co_firstlineno:
                return _copy_plain(node)
        raise StrategyError(f"{path}: cannot find {function.__name__}; only plain functions at the top of a module can be compiled in")

    def constant(self, name: str, value: Any) -> ast.expr:
        """A module-level value as an expression."""
        return ast.Constant(self.switches.get(name, value))


def _field(target: ast.expr) -> str | None:
    return target.attr if isinstance(target, ast.Attribute) else None


def _copy_plain(node: ast.FunctionDef) -> ast.FunctionDef:
    """The function without annotations, docstring and decorators."""
    copy = ast.parse(ast.unparse(node)).body[0]
    assert isinstance(copy, ast.FunctionDef)
    copy.decorator_list = []
    copy.returns = None
    for arg in (*copy.args.posonlyargs, *copy.args.args, *copy.args.kwonlyargs):
        arg.annotation = None
    if ast.get_docstring(copy) is not None:
        copy.body = copy.body[1:] or [ast.Pass()]
    return copy


class _Rename(ast.NodeTransformer):
    """Resolves a function's global names to bundled functions, libraries and constants."""

    def __init__(self, bundle: Bundle, function: FunctionType) -> None:
        self.bundle = bundle
        self.function = function
        code = function.__code__
        self.local = set(code.co_varnames) | set(code.co_cellvars)
        if code.co_freevars:
            raise self.refuse(code.co_freevars[0], "a closure")

    def refuse(self, name: str, what: str) -> StrategyError:
        """One line that says which name cannot be compiled in, and why."""
        code = self.function.__code__
        return StrategyError(
            f"{code.co_filename}:{code.co_firstlineno}: {self.function.__name__} uses {name}, {what}, which cannot be compiled in"
        )

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.local or not isinstance(node.ctx, ast.Load):
            return node
        return self.resolve(node, node.id, *self.lookup(node.id))

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id not in self.local:
            known, owner = self.lookup(node.value.id)
            if known and isinstance(owner, ModuleType) and owner not in LIBRARIES:
                return self.resolve(node, node.attr, hasattr(owner, node.attr), getattr(owner, node.attr, None))
        return self.generic_visit(node)  # type: ignore[return-value]

    def lookup(self, name: str) -> tuple[bool, Any]:
        """Whether a global of that name exists, and its value."""
        space = self.function.__globals__
        return name in space, space.get(name)

    def resolve(self, node: ast.expr, name: str, known: bool, value: Any) -> ast.expr:
        """The expression that stands for a global in the bundle."""
        if not known:
            if name in __builtins__:  # type: ignore[operator]
                return node
            raise self.refuse(name, "a name that is not defined")
        if isinstance(value, FunctionType):
            return ast.Name(self.bundle.add(value), ast.Load())
        if isinstance(value, ModuleType):
            if value in LIBRARIES:
                return ast.Name(LIBRARIES[value], ast.Load())
            raise self.refuse(name, "a module other than math and numpy")
        if isinstance(value, CONSTANTS):
            return self.bundle.constant(name, value)
        raise self.refuse(name, f"a {type(value).__name__}")


class _Prune(ast.NodeTransformer):
    """Cuts out branches whose condition is a constant."""

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        decides = isinstance(node.op, ast.Or)
        kept: list[ast.expr] = []
        for value in node.values:
            if not isinstance(value, ast.Constant):
                kept.append(value)
            elif bool(value.value) is decides:
                kept.append(ast.Constant(decides))
                break
        if not kept:
            return ast.Constant(not decides)
        if isinstance(kept[0], ast.Constant) or len(kept) == 1:
            return kept[0]
        node.values = kept
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.op, ast.Not) and isinstance(node.operand, ast.Constant):
            return ast.Constant(not node.operand.value)
        return node

    def visit_If(self, node: ast.If) -> ast.stmt | list[ast.stmt]:
        self.generic_visit(node)
        if not isinstance(node.test, ast.Constant):
            return node
        return (node.body if node.test.value else node.orelse) or [ast.Pass()]

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        if not isinstance(node.test, ast.Constant):
            return node
        return node.body if node.test.value else node.orelse
