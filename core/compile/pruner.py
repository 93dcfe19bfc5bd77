"""Cuts out of a function what a constant turns off."""

from __future__ import annotations

import ast
from collections.abc import Mapping


def without(definition: ast.FunctionDef, switches: Mapping[str, bool]) -> ast.FunctionDef:
    """The function with these names fixed and the branches they turn off gone without a trace."""
    switched: ast.FunctionDef = Cutter().visit(_Fixed(switches).visit(definition))
    return switched


class Pruner(ast.NodeTransformer):
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


class Cutter(Pruner):
    """The same for branches that stand among others: no `pass` marks the place."""

    def visit_If(self, node: ast.If) -> ast.stmt | list[ast.stmt]:
        self.generic_visit(node)
        if not isinstance(node.test, ast.Constant):
            return node
        return node.body if node.test.value else node.orelse


class _Fixed(ast.NodeTransformer):
    def __init__(self, switches: Mapping[str, bool]) -> None:
        self.switches = switches

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.switches and isinstance(node.ctx, ast.Load):
            return ast.copy_location(ast.Constant(self.switches[node.id]), node)
        return node
