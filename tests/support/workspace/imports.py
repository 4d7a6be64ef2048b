"""What modules import, read from their text: also inside functions."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Import:
    """One import.

    :param module: the module that imports
    :param line: the line, from 1
    :param target: the module or ``module.name`` that is imported
    :param lazy: whether it happens inside a function
    :param typing: whether only type checkers see it
    """

    module: str
    line: int
    target: str
    lazy: bool
    typing: bool

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target}"


def imports_of(module: str, path: Path) -> list[Import]:
    """Give the imports of a module.

    ``from a import b`` counts as ``a.b``, which may be a module or a name in one, and
    ``import_module("a")`` as ``a``.
    """
    reader = _Reader(module)
    reader.visit(ast.parse(path.read_text(encoding="utf-8"), str(path)))
    return reader.found


class _Reader(ast.NodeVisitor):
    def __init__(self, module: str) -> None:
        self.module = module
        self.found: list[Import] = []
        self._lazy = self._typing = False

    def _add(self, node: ast.stmt | ast.expr, target: str) -> None:
        self.found.append(Import(self.module, node.lineno, target, self._lazy, self._typing))

    def visit_Import(self, node: ast.Import) -> None:
        for name in node.names:
            self._add(node, name.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        assert node.level == 0, f"{self.module}:{node.lineno} has a relative import"
        for name in node.names:
            self._add(node, f"{node.module}.{name.name}")

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        if ast.unparse(node.func).endswith("import_module"):
            name = node.args[0]
            choices = [name.body, name.orelse] if isinstance(name, ast.IfExp) else [name]
            for choice in choices:
                if isinstance(choice, ast.Constant):
                    self._add(node, choice.value)

    def visit_If(self, node: ast.If) -> None:
        outside = self._typing
        self._typing = outside or ast.unparse(node.test) == "TYPE_CHECKING"
        for statement in node.body:
            self.visit(statement)
        self._typing = outside
        for statement in node.orelse:
            self.visit(statement)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        outside, self._lazy = self._lazy, True
        self.generic_visit(node)
        self._lazy = outside

    visit_AsyncFunctionDef = visit_FunctionDef


def string_literals(path: Path) -> list[tuple[int, str]]:
    """Give the texts in a module's code with their lines, docstrings left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    documentation = {
        id(statement.value)
        for node in ast.walk(tree)
        if isinstance(node, documented)
        for statement in node.body
        if isinstance(statement, ast.Expr)
    }
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in documentation
    ]
