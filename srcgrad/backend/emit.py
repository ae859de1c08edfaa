"""Emit: a Program becomes Python text.

In: a Program at either level. Out: the text of a module with one function, which needs numpy,
math and numba only: the listing that people read, or what is compiled.

Invariant: the same Program gives the same text to the character; the text parses back to the
same statements.
"""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import vectormath
from ..frontend.carried import Carried, carry
from ..frontend.inlining.body import RESERVED, parts_of
from ..program import (
    Alias,
    Assign,
    Block,
    Call,
    Check,
    Comment,
    Expr,
    For,
    If,
    Increment,
    Pop,
    Program,
    Push,
    Return,
    Stmt,
    Store,
    Swap,
    View,
    While,
    expressions,
    walk,
)
from ..rules import registry

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import astor
    from astor.code_gen import SourceGenerator

INDENT = "    "


def emit(program: Program, routines: Sequence[Program] = (), level: str = "flat") -> str:
    """The module's text.

    Parameters
    ----------
    program : Program
        Flat, or lowered to loops.
    routines : sequence of Program
        Functions that it calls by name: they come before it.
    level : {"flat", "loops"}
        Which of the two it is; it is said in the docstring.
    """
    function = definition(program, level)
    others = [f"@numba.njit\n{definition(r)}" for r in routines]
    every = [*routines, program]
    helpers = [f"@numba.njit\n{source.strip()}" for source in helper_sources(every)]
    if level == "loops":
        helpers += vectormath.sources(called_names(every)).values()
    carried = gate_sources(every)
    helpers += [f"@numba.njit\n{source}" for source in carried.sources.values()]
    captured = {name: v for p in every for name, v in used_constants(p).items()}
    values = {name: literal(v) for name, v in (captured | carried.constants).items()}
    constants = [f"{name} = {text}" for name, text in values.items()]
    parts = ["\n".join(constants)] if constants else []
    parts += [*helpers, *others, function]
    text = "\n\n\n".join(parts) + "\n"
    imports = [
        line
        for line, root in (
            ("import math", "math."),
            ("import numba", "numba."),
            ("import numpy as np", "np."),
        )
        if root in text
    ]
    if "import numba" in imports and imports[0] == "import math":
        imports = ["import math", "", *imports[1:]]
    head = "\n".join(imports)
    return f"{head}\n\n\n{text}" if head else text


def definition(program: Program, level: str = "flat") -> str:
    """The function of a program."""
    match program.body:
        case (_, *_, Return(value=ast.Constant(value=None))):
            body = block(program.body[:-1], 1)
        case _:
            body = block(program.body, 1)
    if program.doc and level == "flat":
        body.insert(0, f'{INDENT}"""{program.doc}"""')
    return "\n".join([f"def {program.name}({', '.join(program.params)}):", *body])


def used_constants(program: Program) -> Mapping[str, Any]:
    """Captured numbers that the program still names."""
    named = {
        n.id for e in _all_expressions(program) for n in ast.walk(e) if isinstance(n, ast.Name)
    }
    return {n: v for n, v in program.constants.items() if n in named}


def helper_sources(programs: Sequence[Program]) -> list[str]:
    """Sources of the rules' functions that are called by a bare name, in order of first use."""
    ranks: dict[str, list[tuple[int, ...]]] = {}
    for program in programs:
        for node in (n for e in _all_expressions(program) for n in ast.walk(e)):
            match node:
                case ast.Call(func=ast.Name(id=name), args=args) if registry.helper(name):
                    ranks.setdefault(name, []).append(tuple(_rank(a, program) for a in args))
    texts: dict[str, str] = {}
    for name, found in ranks.items():
        texts |= registry.helper_sources(name, tuple(found))
    return list(texts.values())


def gate_sources(programs: Sequence[Program]) -> Carried:
    """The functions of the user's gates that are called, and what they need."""
    called = set(called_names(programs))
    wanted = {
        part: function
        for program in programs
        for name, marked in program.gates.items()
        for part, function in parts_of(marked, name).items()
        if part in called
    }
    taken = called | {n for p in programs for n in (p.name, *p.params, *p.types, *p.constants)}
    return carry(wanted, taken | RESERVED | set(registry.FUNCTIONS))


def called_names(programs: Sequence[Program]) -> list[str]:
    """The bare names that are called, in order of first use."""
    calls = (n for p in programs for e in _all_expressions(p) for n in ast.walk(e))
    found = (n.func.id for n in calls if isinstance(n, ast.Call) and isinstance(n.func, ast.Name))
    return list(dict.fromkeys(found))


def _rank(expr: Expr, program: Program) -> int:
    """The number of axes of an argument, as far as the types say."""
    match expr:
        case ast.Name(id=name):
            return getattr(program.types.get(name), "ndim", 0)
        case ast.Attribute(attr="T", value=value):
            return _rank(value, program)
        case ast.BinOp(left=left, right=right):
            return max(_rank(left, program), _rank(right, program))
        case ast.UnaryOp(operand=operand):
            return _rank(operand, program)
    return 0


def _all_expressions(program: Program) -> list[Expr]:
    return [e for s in walk(program.body) for e in expressions(s)]


def literal(value: Any) -> str:
    """A captured number as text."""
    if isinstance(value, np.generic):
        return f"np.{type(value).__name__}({literal(value.item())})"
    if isinstance(value, float) and not math.isfinite(value):
        return "math.nan" if value != value else ("math.inf" if value > 0 else "-math.inf")
    return repr(value)


def block(body: Block, depth: int) -> list[str]:
    """The lines of a block."""
    lines = [line for stmt in body for line in statement(stmt, depth)]
    if all(isinstance(s, Comment) for s in body):
        lines.append(INDENT * depth + "pass")
    return lines


def statement(stmt: Stmt, depth: int) -> list[str]:
    """The lines of a statement."""
    head, *inner = _lines(stmt, depth)
    note = f"  # {stmt.comment}" if stmt.comment and stmt.comment != "rounds" else ""
    if isinstance(stmt, If | For | While) and note:
        return [INDENT * depth + note.strip(), INDENT * depth + head, *inner]
    return [INDENT * depth + head + note, *inner]


def _lines(stmt: Stmt, depth: int) -> list[str]:
    """The first line without indentation, and the lines inside."""
    match stmt:
        case Assign(target=t, value=v) | View(target=t, value=v):
            return [f"{t} = {show(v)}"]
        case Call(targets=(), value=v):
            return [show(v)]
        case Call(targets=ts, value=v):
            return [f"{', '.join(ts)} = {show(v)}"]
        case Alias(target=t, source=s):
            return [f"{t} = {s}"]
        case Store(target=t, index=i, value=v):
            return [f"{t}[{subscript(i)}] = {show(v)}"]
        case Increment(target=t, index=i, value=v, negative=n):
            place = t if i is None else f"{t}[{subscript(i)}]"
            return [f"{place} {'-' if n else '+'}= {show(v)}"]
        case Swap(targets=ts, sources=ss):
            return [f"{', '.join(ts)} = {', '.join(ss)}"]
        case Push(tape=tape, value=v):
            return [f"{tape}.append({show(v)})"]
        case Pop(target=None, tape=tape):
            return [f"{tape}.pop()"]
        case Pop(target=t, tape=tape):
            return [f"{t} = {tape}.pop()"]
        case Comment(text=text):
            return [f"# {text}"]
        case Return(value=v):
            return [f"return {unparenthesised(v)}"]
        case Check(node=node):
            first, *rest = ast.unparse(node).split("\n")
            return [first, *(INDENT * depth + line for line in rest)]
    return _compound(stmt, depth)


def _compound(stmt: Stmt, depth: int) -> list[str]:
    """A statement with blocks."""
    match stmt:
        case If(test=test, body=body, orelse=orelse):
            lines = [f"if {show(test)}:", *block(body, depth + 1)]
            if len(orelse) == 1 and isinstance(orelse[0], If):
                first, *rest = statement(orelse[0], depth)
                return [*lines, INDENT * depth + "el" + first.strip(), *rest]
            if orelse:
                lines += [INDENT * depth + "else:", *block(orelse, depth + 1)]
            return lines
        case For(counter=c, body=body, exit=flag):
            lines = [f"for {c} in range({bounds(stmt)}):", *block(body, depth + 1)]
            if flag:
                inner = INDENT * (depth + 1)
                lines += [f"{inner}if {flag}:", f"{inner}{INDENT}break"]
            return lines
        case While(test=test, body=body):
            return [f"while {show(test)}:", *block(body, depth + 1)]
    raise AssertionError(f"no text for {stmt}")


def bounds(stmt: For) -> str:
    """The arguments of ``range``, as few as do."""
    start, stop, step = show(stmt.start), show(stmt.stop), show(stmt.step)
    if step != "1":
        return f"{start}, {stop}, {step}"
    return stop if start == "0" else f"{start}, {stop}"


def subscript(index: Expr) -> str:
    """A subscript without the parentheses of a tuple."""
    if isinstance(index, ast.Tuple) and index.elts:
        return ", ".join(map(subscript, index.elts)) + ("," if len(index.elts) == 1 else "")
    if isinstance(index, ast.Slice):
        return ast.unparse(ast.fix_missing_locations(index))
    return show(index)


def unparenthesised(value: Expr) -> str:
    """A returned tuple as it is written by hand."""
    if isinstance(value, ast.Tuple) and len(value.elts) > 1:
        return ", ".join(map(show, value.elts))
    return show(value)


class _Generator(SourceGenerator):  # type: ignore[misc]
    """astor's generator, with constants as people write them."""

    def visit_Constant(self, node: ast.Constant) -> None:  # noqa: N802
        value = node.value
        if value is Ellipsis:
            self.write("...")
        elif isinstance(value, float) and not math.isfinite(value):
            self.write(literal(value))
        else:
            self.write(repr(value))

    def visit_Subscript(self, node: ast.Subscript) -> None:  # noqa: N802
        self.write(f"{show(node.value)}[{subscript(node.slice)}]")

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:  # noqa: N802
        match node:
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
                self.write(f"-{show(node.operand)}")
            case _:
                super().visit_UnaryOp(node)


def show(expr: Expr) -> str:
    """An expression as text, with no more parentheses than it needs."""
    match expr:
        case ast.Name(id=name):
            return name
        case ast.BinOp() | ast.UnaryOp() | ast.IfExp() | ast.Compare() | ast.BoolOp():
            return ast.unparse(ast.fix_missing_locations(expr))
        case ast.Tuple() | ast.ListComp() | ast.Subscript() | ast.Call() | ast.List():
            return ast.unparse(ast.fix_missing_locations(expr))
    return astor.to_source(expr, source_generator_class=_Generator, pretty_source="".join).strip()
