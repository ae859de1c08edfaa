"""Rules for contractions of arrays whose indices are written out, or counted.

In: calls of ``np.einsum`` (in the form that ``calls`` gives them) and ``np.tensordot``. Out:
their rules: every gradient is a contraction again.

Invariant: the indices of ``np.einsum`` name the output (``"ij,jk->ik"``) and bear no ellipsis.
"""

from __future__ import annotations

import ast
from string import ascii_letters
from typing import Any

import numpy as np

from .by_rank import written_out
from .declarations import function
from .expressions import literal
from .patterns import Rank, Rule, family, make_rule
from .results import fresh, promoted_scalar, rank


def _einsum_type(indices: Any, *operands: Any) -> Any:
    """The type of ``np.einsum``, None where the indices do not fit."""
    try:
        out = written_out(indices, [rank(x) for x in operands]).split("->")[1]
    except ValueError:
        return None
    return fresh(promoted_scalar(*operands), len(out))  # a number is as strong as an array here


function(np.einsum, "np.einsum", "*operands, out=None, dtype=None, order='K', casting='safe', "
         "optimize=False", refuse="dtype", effect="copied", result=_einsum_type)  # fmt: skip


def _contraction(call: ast.Call, rank: Rank) -> Rule | None:
    """``np.einsum("ij,jk->ik", x, y)``: each gradient is a contraction of the other operands."""
    indices = literal(call.args[0])
    if not isinstance(indices, str):
        return None
    names = [f"x{k}" for k in range(len(call.args) - 1)]
    text = f"z = np.einsum({indices!r}, {', '.join(names)})"
    return make_rule(text, *_pulls(indices, names))


def _pulls(indices: str, names: list[str]) -> list[str]:
    """The gradients of a contraction's operands."""
    inputs, out = indices.split("->")
    parts = inputs.split(",")
    if len(parts) != len(names):
        return []
    pulls = []
    for k, (own, name) in enumerate(zip(parts, names, strict=True)):
        others = [(p, n) for j, (p, n) in enumerate(zip(parts, names, strict=True)) if j != k]
        own, filled = _completed(own, name, {*out}.union(*(p for p, _ in others)), indices)
        operands = [(out, "grad_z"), *others, *filled]
        subscripts = ",".join(p for p, _ in operands) + f"->{own}"
        arguments = ", ".join(n for _, n in operands)
        pulls.append(f"grad_{name} += np.einsum({subscripts!r}, {arguments})")
    return pulls


def _completed(
    own: str, name: str, seen: set[str], taken: str
) -> tuple[str, list[tuple[str, str]]]:
    """An operand's indices, all different, and what else its gradient is a product of.

    That is ones along an axis that is summed on its own, and an identity for a diagonal.
    """
    letters, filled = "", []
    for axis, letter in enumerate(own):
        if letter in letters:
            other = next(c for c in ascii_letters if c not in taken + letters)
            filled.append((letter + other, f"np.eye({name}.shape[{axis}], dtype={name}.dtype)"))
            letter = other
        elif letter not in seen:
            filled.append((letter, f"np.ones({name}.shape[{axis}], dtype={name}.dtype)"))
        letters += letter
    return letters, filled


family("np.einsum", _contraction)


def tensordot_indices(left: int, right: int, axes: Any) -> str | None:
    """``np.tensordot`` of two ranks as the indices of ``np.einsum``; None where axes do not fit."""
    if isinstance(axes, int):
        axes = range(left - axes, left), range(axes)
    try:
        first, second = ([a] if isinstance(a, int) else list(a) for a in axes)
        pairs = [(a % left, b % right) for a, b in zip(first, second, strict=True)]
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    x, y = ascii_letters[:left], list(ascii_letters[left : left + right])
    for a, b in pairs:
        y[b] = x[a]
    summed = {x[a] for a, _ in pairs}
    out = "".join(c for c in [*x, *y] if c not in summed)
    return f"{x},{''.join(y)}->{out}"


def written_axes(call: ast.Call) -> Any:
    """The axes of a ``np.tensordot`` call, None where they are no constants."""
    try:
        return ast.literal_eval(call.keywords[0].value) if call.keywords else 2
    except ValueError:
        return None


def _tensordot(call: ast.Call, rank: Rank) -> Rule | None:
    """A rule of contractions, as for ``np.einsum``."""
    x, y = call.args
    indices = tensordot_indices(rank(x), rank(y), written_axes(call))
    if indices is None:
        return None
    axes = ", axes=axes" if call.keywords else ""
    return make_rule(f"z = np.tensordot(x, y{axes})", *_pulls(indices, ["x", "y"]))


def _tensordot_type(x: Any, y: Any, axes: Any = 2) -> Any:
    """The type of ``np.tensordot``."""
    indices = tensordot_indices(rank(x), rank(y), axes)
    return None if indices is None else fresh(promoted_scalar(x, y), len(indices.split("->")[1]))


function(np.tensordot, "np.tensordot", "a, b, axes=2", result=_tensordot_type)
family("np.tensordot", _tensordot)
