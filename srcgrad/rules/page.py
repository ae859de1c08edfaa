"""The page that lists every function with its derivative: ``python -m srcgrad.rules.page``.

In: the rule tables. Out: the text of ``RULES.md``, beside this package.

Invariant: nothing is said that the tables do not say; the same tables give the same page.
"""

from __future__ import annotations

import ast
import builtins
import math
import operator
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import scipy.linalg
import scipy.special

from .. import gates
from .declarations import FUNCTIONS, REFUSED, Function
from .definitions import has_definition
from .forms import METHODS, OPERATORS
from .patterns import FAMILIES, RULES, Pull, Rule
from .rewrites import REWRITES

PAGE = Path(__file__).parent.parent / "RULES.md"

HEAD = """# Derivative rules

Every function that srcgrad differentiates, from the tables in `srcgrad/rules`; written by
`python -m srcgrad.rules.page`, and a test holds it against the tables.

`z` is the result, `grad_z` its gradient. A rule adds to the gradient of an argument; an argument
without one has derivative zero there. Element-wise rules hold for numbers and arrays of all shapes
that broadcast: the sum over broadcast axes is left out below. Functions without `np`, `math` or
`numba` before their names in a derivative (`unbroadcast`, `put_at`, ...) are helpers whose source a
listing carries.
"""

MODULES = {"math": math, "np": np, "scipy.special": scipy.special, "scipy.linalg": scipy.linalg}
UFUNC_METHODS = ("at", "accumulate")
SYMBOLS = {
    "Add": "+", "Sub": "-", "Mult": "*", "Div": "/", "FloorDiv": "//", "Mod": "%", "Pow": "**",
    "MatMult": "@", "USub": "-", "UAdd": "+", "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=",
    "Eq": "==", "NotEq": "!=", "BitAnd": "&", "BitOr": "\\|", "BitXor": "^", "Invert": "~",
}  # fmt: skip


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    found: dict[str, list[str]] = {title: [] for title in SECTIONS}
    for name in [*(k for k in RULES if k not in FUNCTIONS), *FUNCTIONS]:
        title = section(name)
        if title is not None:
            found[title] += rows(name)
    for title, lines in found.items():
        table = ["| function | derivative | notes |", "|---|---|---|", *lines]
        parts.append(f"## {title}\n\n" + "\n".join(table) + "\n")
    parts.append("## Functions of others\n\n" + "\n".join(compositions()) + "\n")
    parts.append("## Other spellings\n\n" + "\n".join(spellings()) + "\n")
    return "\n".join(parts)


SECTIONS = (
    "Operators and builtins",
    "math",
    "NumPy, element by element",
    "NumPy, arrays",
    "np.linalg",
    "scipy.special",
    "srcgrad.gates",
)


def section(name: str) -> str | None:
    """Where a function is listed; None for the rules' own helpers."""
    if name in SYMBOLS or hasattr(builtins, name):
        return SECTIONS[0]
    if name.startswith("math."):
        return SECTIONS[1]
    if name.startswith("np.linalg."):
        return SECTIONS[4]
    if name.startswith("np."):
        return SECTIONS[2 if FUNCTIONS[name].elementwise else 3]
    if name in gates.__all__:
        return SECTIONS[6]
    return SECTIONS[5] if hasattr(scipy.special, name) else None


def rows(name: str) -> Iterator[str]:
    """The lines of a function."""
    declared = FUNCTIONS.get(name)
    for rule in RULES.get(name, []):
        yield row(ast.unparse(rule.op), derivative(rule), notes(rule, declared))
    if name in RULES or declared is None:
        return
    call = f"{name}({', '.join(p.name for p in declared.parameters if p.default is None)})"
    if not declared.derivative:
        yield row(call, "", "no gradient: constant, or in steps")
    elif name in FAMILIES:
        yield row(f"{name}(...)", "see there", "made for each call, for any number of operands")
    elif name in REWRITES:
        yield row(call, "see there", "written with other functions of this page")


def row(call: str, how: str, note: str) -> str:
    """A line of a table."""
    return f"| `{call}` | {how or '0'} | {note} |"


def derivative(rule: Rule) -> str:
    """The pulls of a rule."""
    return "<br>".join(f"`{pull_text(p)}`" for p in rule.pulls)


def pull_text(pull: Pull) -> str:
    """``grad_x += ...``."""
    sign = "-" if pull.negative else "+"
    return f"grad_{pull.operand} {sign}= {ast.unparse(pull.value)}"


def notes(rule: Rule, declared: Function | None) -> str:
    """Shapes, conditions and refused arguments."""
    found = []
    if rule.signature is not None:
        found.append(f"`{rule.signature}`")
    if rule.when in ("scalar", "array"):
        found.append({"scalar": "numbers", "array": "arrays"}[str(rule.when)])
    elif rule.when is not None:
        found.append("under a condition on its arguments")
    if any(p.spread for p in rule.pulls):
        found.append("broadcast to the argument's shape")
    if declared is not None and not declared.elementwise:
        refused = [f"`{p.name}`" for p in declared.parameters if is_refused(p.name, declared)]
        found += [f"refused: {', '.join(refused)}"] if refused else []
    return "; ".join(found)


def is_refused(parameter: str, declared: Function) -> bool:
    """Whether an argument has to keep its default, though others of that name may not."""
    return parameter in declared.refused and parameter not in REFUSED - {"initial", "where"}


def compositions() -> Iterator[str]:
    """Functions without a derivative of their own, by module."""
    yield "Differentiated as the functions of this page that they are made of:\n"
    for title, module in MODULES.items():
        found = [f"`{title}.{n}`" for n in names_in(module) if is_defined(module, n)]
        if found:
            yield f"- {', '.join(found)}"


def names_in(module: Any) -> list[str]:
    """Functions of a module, and the methods of its functions such as ``add.at``."""
    names = [n for n in dir(module) if not n.startswith("_")]
    methods = [f"{n}.{m}" for n in ("add", "subtract", "maximum", "minimum") for m in UFUNC_METHODS]
    return sorted([*names, *methods] if module is np else names)


def is_defined(module: Any, name: str) -> bool:
    """Whether a function of a module has a definition."""
    return has_definition(operator.attrgetter(name)(module))


def spellings() -> Iterator[str]:
    """Names that mean something that is listed elsewhere."""
    for name, symbol in OPERATORS.items():
        yield f"- `{name}`: `{SYMBOLS[symbol.__name__]}`"
    shown = ", ".join(f"`x.{method}`" for method in METHODS)
    yield f"- Methods of arrays, as the functions of the same names: {shown}, `x.flatten`"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
