"""Products and factorisations of stacks of matrices, as those of one matrix at a time.

In: ``x @ y``, ``np.dot`` and functions of ``np.linalg`` whose operands have more than two axes.
Out: loops over the leading axes, or one product of reshaped operands, as text; None where a rule
has the call as it is.

Invariant: see ``by_rank``. Leading axes are broadcast as NumPy does it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from .expressions import dotted
from .written import Fresh, Ranks, Spelling, tuple_text

Core = Callable[[list[str]], str]


def product(target: str, left: ast.expr, right: ast.expr, rank: Ranks, fresh: Fresh) -> str | None:
    """``x @ y`` of stacks."""
    ranks = rank(left), rank(right)
    if 0 in ranks or max(ranks) < 3:
        return None
    if ranks[1] < 3:
        return _by_rows(target, left, right, rank)
    x, y = ast.unparse(left), ast.unparse(right)
    core = [f"{x}.shape[{ranks[0] - 2}]"] if ranks[0] > 1 else []
    extents = [*core, f"{y}.shape[{ranks[1] - 1}]"]
    operands = [(x, max(ranks[0] - 2, 0)), (y, ranks[1] - 2)]
    return _loop(target, operands, lambda parts: " @ ".join(parts), extents, rank, fresh)


def _by_rows(target: str, left: ast.expr, right: ast.expr, rank: Ranks) -> str:
    """A stack times one matrix or vector: all rows of the stack at once."""
    x, y, ndim = ast.unparse(left), ast.unparse(right), rank(left)
    extents = [f"{x}.shape[{k}]" for k in range(ndim)]
    rows = f"np.reshape({x}, ({' * '.join(extents[:-1])}, {extents[-1]})) @ {y}"
    last = [f"{y}.shape[1]"] if rank(right) == 2 else []
    return f"{target} = np.reshape({rows}, {tuple_text([*extents[:-1], *last])})"


def _loop(
    target: str,
    operands: list[tuple[str, int]],
    core: Core,
    extents: list[str],
    rank: Ranks,
    fresh: Fresh,
) -> str:
    """Each matrix of the result from those of the operands, given with their leading axes."""
    lead = max(count for _, count in operands)
    checks, whole = [], []
    parts: dict[int, list[str]] = {k: [] for k in range(len(operands))}
    counters = [fresh("ijklmnop"[k]) for k in range(lead)]
    for axis, counter in enumerate(counters):
        have = [(k, x, axis - lead + count) for k, (x, count) in enumerate(operands)]
        have = [(k, x, place) for k, x, place in have if place >= 0]
        sizes = list(dict.fromkeys(f"{x}.shape[{place}]" for _, x, place in have))
        for k, x, place in have:
            own = f"{x}.shape[{place}]"
            parts[k].append(counter if len(sizes) == 1 else f"{counter} % {own}")
        if len(sizes) == 1:
            whole.append(sizes[0])
            continue
        a, b = sizes
        checks.append(f"if {a} != {b} and {a} != 1 and {b} != 1:")
        checks.append("    raise ValueError('operands could not be broadcast together')")
        whole.append(f"max({a}, {b})")
    made = f"np.empty({tuple_text([*whole, *extents])}, dtype={rank.dtype(target)})"
    lines = [*checks, f"{target} = {made}"]
    for depth, (counter, size) in enumerate(zip(counters, whole, strict=True)):
        lines.append(f"{'    ' * depth}for {counter} in range({size}):")
    texts = [f"{x}[{', '.join(parts[k])}]" if parts[k] else x for k, (x, _) in enumerate(operands)]
    lines.append(f"{'    ' * lead}{target}[{', '.join(counters)}] = {core(texts)}")
    return "\n".join(lines)


def _dot(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.dot`` of any ranks: over the last axis of one, the last but one of the other."""
    left, right = call.args
    ranks = rank(left), rank(right)
    x, y = ast.unparse(left), ast.unparse(right)
    if 0 in ranks:
        return f"{target} = {x} * {y}"
    if max(ranks) < 3:
        return None
    if ranks[1] < 3:
        return _by_rows(target, left, right, rank)
    return f"{target} = np.tensordot({x}, {y}, axes=({ranks[0] - 1}, {ranks[1] - 2}))"


def _of_each(*core: int | None) -> Spelling:
    """A function of one matrix, of each matrix of a stack.

    Its result has these axes of the matrix; None stands for the shorter one.
    """

    def build(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
        if rank(call.args[0]) < 3:
            return None
        name, x, ndim = dotted(call.func), ast.unparse(call.args[0]), rank(call.args[0])
        rest = "".join(f", {k.arg}={ast.unparse(k.value)}" for k in call.keywords)
        rows, columns = (f"{x}.shape[{ndim - 2 + k}]" for k in (0, 1))
        known = {0: rows, 1: columns, None: f"min({rows}, {columns})"}
        extents = [known[k] for k in core]
        operands = [(x, ndim - 2)]
        return _loop(target, operands, lambda p: f"{name}({p[0]}{rest})", extents, rank, fresh)

    return build


def _solve(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.linalg.solve`` of stacks."""
    left, right = call.args
    ranks = rank(left), rank(right)
    if max(ranks) < 3:
        return None
    a, b = ast.unparse(left), ast.unparse(right)
    if ranks[1] == 1:
        added = "None, " * (ranks[0] - 2)
        return f"{target} = np.linalg.solve({a}, {b}[{added}:, None])[..., 0]"
    if ranks[1] == ranks[0] - 1:
        raise ValueError("np.linalg.solve: give the right sides as many axes as the matrices")
    extents = [f"{b}.shape[{ranks[1] - 2}]", f"{b}.shape[{ranks[1] - 1}]"]
    operands = [(a, ranks[0] - 2), (b, ranks[1] - 2)]

    def core(parts: list[str]) -> str:
        return f"np.linalg.solve({', '.join(parts)})"

    return _loop(target, operands, core, extents, rank, fresh)


def _matvec(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.matvec``: each matrix times its vector."""
    a, x = call.args
    if rank(x) == 1:
        return f"{target} = {ast.unparse(a)} @ {ast.unparse(x)}"
    return f"{target} = ({ast.unparse(a)} @ {ast.unparse(x)}[..., None])[..., 0]"


def _vecmat(target: str, call: ast.Call, rank: Ranks, fresh: Fresh) -> str | None:
    """``np.vecmat``: each vector times its matrix."""
    x, a = call.args
    if rank(x) == 1:
        return f"{target} = {ast.unparse(x)} @ {ast.unparse(a)}"
    return f"{target} = ({ast.unparse(x)}[..., None, :] @ {ast.unparse(a)})[..., 0, :]"


SPELLINGS: dict[str, Spelling] = {
    "np.dot": _dot,
    "np.linalg.inv": _of_each(0, 1),
    "np.linalg.cholesky": _of_each(0, 1),
    "np.linalg.det": _of_each(),
    "np.linalg.eigvalsh": _of_each(0),
    "np.linalg.pinv": _of_each(1, 0),
    "eigh_vectors": _of_each(0, 1),
    "svd_values": _of_each(None),
    "slogdet_sign": _of_each(),
    "slogdet_log": _of_each(),
    "np.linalg.solve": _solve,
    "np.matvec": _matvec,
    "np.vecmat": _vecmat,
}
"""Functions of stacks that are spelt out, by canonical name."""
