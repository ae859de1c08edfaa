"""Derivative rules: texts, checked when they are registered and matched against operations.

In: the statements of a rule (``rule``). Out: for one operation, the most specific ``Rule``
that fits it and what its pattern's names stand for (``match``).

Invariant: every name in a rule's texts is an operand of its pattern, ``z``, the gradient of
one of these, or a function that is declared.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..program import MODULES, names
from .declarations import FUNCTIONS
from .expressions import MISSING, dotted, kind, literal

Rank = Callable[[ast.expr], int]
When = Literal["scalar", "array"] | Callable[[Mapping[str, ast.expr]], bool] | None
Bindings = dict[str, ast.expr]


@dataclass(frozen=True)
class Pull:
    """What a backward step adds to (or takes from) one operand's gradient.

    Attributes
    ----------
    operand : str
        The pattern's name of the operand.
    value : ast.expr
        In terms of the pattern's names, ``z`` and ``grad_z``.
    negative : bool
        ``grad_x -= value`` rather than ``+=``.
    reads : frozenset of str
        The names (operands or ``z``) whose value, not only shape, the text reads.
    spread : bool
        The value has to be broadcast up to the operand's shape.
    """

    operand: str
    value: ast.expr
    negative: bool
    reads: frozenset[str]
    spread: bool


@dataclass(frozen=True)
class Rule:
    """A pattern ``z = op(x, y)`` with its pulls, and how to test it.

    Attributes
    ----------
    text : str
        The pattern as it was written.
    op : ast.expr
        Its right side.
    operands : tuple of str
        The pattern's names, in order of appearance.
    pulls : tuple of Pull
        One for each operand that a gradient flows to.
    elementwise : bool
        Whether the pulls have z's shape, so that broadcasting has to be undone.
    ranks : tuple of int or None
        The operands' ranks where the signature states them.
    signature : str or None
        Dimensions, as in ``"(n,m),(m)->(n)"``.
    when : "scalar", "array", callable or None
        A further condition: on the ranks, or on what the names stand for.
    domain : pair of float, or mapping from operand to such pairs
        Where tests sample the operands.
    given : mapping from operand to values
        What tests use for operands that are not sampled (axes, shapes).
    """

    text: str
    op: ast.expr
    operands: tuple[str, ...]
    pulls: tuple[Pull, ...]
    elementwise: bool = False
    ranks: tuple[int, ...] | None = None
    signature: str | None = None
    when: When = None
    domain: Any = (-2.0, 2.0)
    given: Mapping[str, Sequence[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Match:
    """A rule that fits, and the expressions that its pattern's names stand for."""

    rule: Rule
    operands: Mapping[str, ast.expr]


RULES: dict[str, list[Rule]] = {}
"""The rules by the kind of operation (see ``kind``), in order of registration."""

Builder = Callable[[ast.Call, Rank], Rule | None]

FAMILIES: dict[str, Builder] = {}
"""Functions of any number of operands: from a call and its operands' ranks to the rule for it."""

_NO_GRADIENT = (ast.Compare, ast.BoolOp)
_NO_GRADIENT_OPS = (ast.BitAnd, ast.BitOr, ast.BitXor, ast.LShift, ast.RShift, ast.Not, ast.Invert)
_SHAPE_ATTRIBUTES = frozenset({"shape", "size", "ndim", "dtype"})
_SHAPE_FUNCTIONS = frozenset(
    {"len", "np.zeros_like", "np.ones_like", "np.empty_like", "np.full_like", "np.shape"}
)


def rule(
    text: str,
    *pulls: str,
    signature: str | None = None,
    when: When = None,
    domain: Any = (-2.0, 2.0),
    spread: bool = False,
    given: Mapping[str, Sequence[Any]] | None = None,
) -> None:
    """Register a derivative rule.

    Parameters
    ----------
    text : str
        The operation, ``"z = np.tanh(x)"``. Constants match themselves only.
    *pulls : str
        Statements such as ``"grad_x += grad_z * (1 - z * z)"``. An operand without one has
        derivative zero.
    signature : str, optional
        Dimensions of the operands, when the rule is for these ranks only.
    when : "scalar", "array" or callable, optional
        "scalar": every operand is; "array": at least one is. A callable gets what the
        pattern's names stand for.
    domain, given
        For the tests: see ``Rule``.
    spread : bool
        The pulls have fewer dimensions than the operand and are broadcast up to its shape.
    """
    new = make_rule(text, *pulls, signature=signature, when=when, domain=domain, spread=spread,
                    given=given)  # fmt: skip
    RULES.setdefault(kind(new.op) or "", []).append(new)


def make_rule(
    text: str,
    *pulls: str,
    signature: str | None = None,
    when: When = None,
    domain: Any = (-2.0, 2.0),
    spread: bool = False,
    given: Mapping[str, Sequence[Any]] | None = None,
) -> Rule:
    """A checked ``Rule`` from its texts, not registered."""
    match ast.parse(text).body:
        case [ast.Assign(targets=[ast.Name(id="z")], value=op)]:
            pass
        case _:
            raise ValueError(f"not of the form z = op(x, ...): {text}")
    operation = kind(op)
    if operation is None or (isinstance(op, ast.Call) and operation not in FUNCTIONS):
        raise ValueError(f"unknown operation: {text}")
    operands = tuple(dict.fromkeys(_ordered_names(op)))
    ranks = _ranks(signature)
    if ranks and len(ranks) > len(operands):
        raise ValueError(f"the signature has more operands than the pattern: {text}")
    parsed = tuple(make_pull(p, operands, spread) for p in pulls)
    elementwise = _elementwise(op)
    return Rule(text, op, operands, parsed, elementwise, ranks, signature, when, domain,
                given or {})  # fmt: skip


def family(name: str, build: Builder) -> None:
    """Register a function whose rules are made for each call (any number of operands)."""
    FAMILIES[name] = build


def verify_rules() -> None:
    """Raise ``ValueError`` where a pull calls a function that no table declares."""
    for known in (r for rules in RULES.values() for r in rules):
        for call in (n for p in known.pulls for n in ast.walk(p.value) if isinstance(n, ast.Call)):
            if dotted(call.func) not in FUNCTIONS:
                raise ValueError(f"undeclared function {ast.unparse(call.func)}: {known.text}")


def match(value: ast.expr, rank: Rank) -> Match | None:
    """The most specific rule for an operation, or None where there is none.

    Parameters
    ----------
    value : ast.expr
        A canonical operation on atoms.
    rank : callable
        The number of dimensions of an operand (0: a scalar).
    """
    operation = kind(value)
    if operation is None:
        return None
    if _is_constant(value, operation):
        return Match(Rule(ast.unparse(value), value, (), (), _elementwise(value)), {})
    candidates = RULES.get(operation, [])
    if operation in FAMILIES and isinstance(value, ast.Call):
        made = FAMILIES[operation](value, rank)
        candidates = candidates if made is None else [made]
    best: tuple[int, Match] | None = None
    for candidate in candidates:
        bindings: Bindings = {}
        if unify(candidate.op, value, bindings) and _applies(candidate, bindings, rank):
            score = _specificity(candidate)
            if best is None or score > best[0]:
                best = (score, Match(candidate, bindings))
    return best[1] if best else None


def has_derivative(name: str) -> bool:
    """Whether the derivative of a function, named canonically, is known: by a rule, or zero."""
    declared = FUNCTIONS.get(name)
    constant = declared is not None and not declared.derivative
    return constant or name in RULES or name in FAMILIES


def unify(pattern: ast.expr, value: ast.expr, bindings: Bindings) -> bool:
    """Whether a value has the form of a pattern; ``bindings`` gets what its names stand for."""
    match pattern, value:
        case ast.Name(id=name), _:
            if name in bindings:
                return ast.dump(bindings[name]) == ast.dump(value)
            bindings[name] = value
            return True
        case ast.BinOp(), ast.BinOp():
            return type(pattern.op) is type(value.op) and _unify_all(
                [pattern.left, pattern.right], [value.left, value.right], bindings
            )
        case ast.Call(), ast.Call():
            return dotted(pattern.func) == dotted(value.func) and _unify_arguments(
                pattern, value, bindings
            )
        case (ast.Tuple(elts=own), ast.Tuple(elts=other)) | (
            ast.List(elts=own),
            ast.List(elts=other),
        ):
            return _unify_all(own, other, bindings)
        case ast.Attribute(), ast.Attribute():  # math.inf
            return ast.dump(pattern) == ast.dump(value)
    known = literal(pattern)
    if known is not MISSING:
        found = literal(value)
        return type(found) is type(known) and found == known
    return (
        isinstance(pattern, ast.UnaryOp)
        and isinstance(value, ast.UnaryOp)
        and type(pattern.op) is type(value.op)
        and unify(pattern.operand, value.operand, bindings)
    )


def make_pull(text: str, operands: tuple[str, ...], spread: bool = False) -> Pull:
    """A checked ``Pull`` from its text."""
    match ast.parse(text).body:
        case [ast.AugAssign(target=ast.Name(id=target), op=ast.Add() | ast.Sub() as op, value=v)]:
            pass
        case _:
            raise ValueError(f"not of the form grad_x += ...: {text}")
    operand = target.removeprefix("grad_")
    if operand not in operands or target == operand:
        raise ValueError(f"{target} is not the gradient of an operand: {text}")
    known = {*operands, "z", "grad_z"}
    if unknown := names(v) - known:
        raise ValueError(f"unknown names {sorted(unknown)}: {text}")
    if "grad_z" not in names(v):
        raise ValueError(f"not linear in grad_z: {text}")
    reads = frozenset(_value_reads(v) - {"grad_z"})
    return Pull(operand, v, isinstance(op, ast.Sub), reads, spread)


def _value_reads(expr: ast.AST) -> set[str]:
    """Names whose value an expression depends on, not only their shape or dtype."""
    match expr:
        case ast.Attribute(value=ast.Name(), attr=attr) if attr in _SHAPE_ATTRIBUTES:
            return set()
        case ast.Call(func=func, args=[_, *rest]) if dotted(func) in _SHAPE_FUNCTIONS:
            return set().union(*map(_value_reads, rest))
        case ast.Call(args=args, keywords=keywords):
            return set().union(*map(_value_reads, [*args, *(k.value for k in keywords)]))
        case ast.Name(id=name):
            return {name} - MODULES
    return set().union(*map(_value_reads, ast.iter_child_nodes(expr)))


def _ordered_names(expr: ast.expr) -> list[str]:
    found = names(expr)
    walked = (n.id for n in ast.walk(expr) if isinstance(n, ast.Name) and n.id in found)
    positions = {n.id: (n.lineno, n.col_offset) for n in ast.walk(expr) if isinstance(n, ast.Name)}
    return sorted(walked, key=positions.__getitem__)


def _ranks(signature: str | None) -> tuple[int, ...] | None:
    """Ranks from ``"(n,m),(m)->(n)"``: (2, 1)."""
    if signature is None:
        return None
    inputs = signature.split("->")[0].strip()[1:-1].split("),(")
    return tuple(len([d for d in part.split(",") if d.strip()]) for part in inputs)


def _elementwise(op: ast.expr) -> bool:
    match op:
        case ast.BinOp(op=ast.MatMult()):
            return False
        case ast.BinOp() | ast.UnaryOp() | ast.Compare():
            return True
        case ast.Call(func=func):
            declared = FUNCTIONS.get(dotted(func) or "")
            return declared is not None and declared.elementwise
    return False


def _is_constant(value: ast.expr, operation: str) -> bool:
    """Whether an operation's derivative is zero everywhere."""
    match value:
        case ast.BinOp(op=op) | ast.UnaryOp(op=op):
            return isinstance(op, _NO_GRADIENT_OPS)
        case ast.Call():
            return operation in FUNCTIONS and not FUNCTIONS[operation].derivative
    return isinstance(value, _NO_GRADIENT)


def _applies(candidate: Rule, bindings: Bindings, rank: Rank) -> bool:
    if callable(candidate.when) and not candidate.when(bindings):
        return False
    if candidate.ranks is not None:
        pairs = zip(candidate.ranks, candidate.operands, strict=False)
        return all(rank(bindings[name]) == expected for expected, name in pairs)
    if candidate.when in ("scalar", "array"):
        scalar = all(rank(bindings[name]) == 0 for name in candidate.operands)
        return scalar is (candidate.when == "scalar")
    return True


def _specificity(candidate: Rule) -> int:
    """Constants count most, then conditions; of equals the first registered wins."""
    constants = sum(isinstance(n, ast.Constant) for n in ast.walk(candidate.op))
    conditions = (candidate.when is not None) + (candidate.ranks is not None)
    return 10 * constants + conditions


def _unify_all(patterns: list[ast.expr], values: list[ast.expr], bindings: Bindings) -> bool:
    return len(patterns) == len(values) and all(
        unify(p, v, bindings) for p, v in zip(patterns, values, strict=True)
    )


def _unify_arguments(pattern: ast.Call, value: ast.Call, bindings: Bindings) -> bool:
    wanted = {k.arg: k.value for k in pattern.keywords}
    given = {k.arg: k.value for k in value.keywords}
    if wanted.keys() != given.keys():
        return False
    keys = list(wanted)
    return _unify_all(
        [*pattern.args, *(wanted[k] for k in keys)],
        [*value.args, *(given[k] for k in keys)],
        bindings,
    )
