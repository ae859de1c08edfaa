"""Gradients: calls of gradient functions inside a primal.

In: a call of what ``grad`` or ``value_and_grad`` returned. Out: the listing of that gradient in
place of the call, where it is known for the types of the arguments; else a call that stands for
it until they are.

Invariant: arguments are evaluated once, in order; what the inner primal captures is captured.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..parse import Source
from .body import Body, Closure, Scope, name_of
from .captures import capture, held

Expand = Callable[[Body, Closure, ast.Call, Any], ast.expr]


@dataclass(frozen=True)
class Expansion:
    """What a call of a gradient function becomes.

    Attributes
    ----------
    source : Source
        The listing for the types of the arguments.
    as_float : tuple of bool
        Which arguments are integers that the listing takes as floats.
    """

    source: Source
    as_float: tuple[bool, ...]


def gradient_call(worker: Body, node: ast.Call, gradient: Any, expand: Expand) -> ast.expr:
    """A call of a gradient function."""
    if gradient.has_out:
        text = ast.unparse(node.func)
        worker.refuse(node, f"`{text}` was made with `out=True`", "call one made without it")
    args = arguments_in_order(worker, node, gradient.signature)
    if texts := texts_of(gradient.signature, args):
        args = [a for a in args if not is_text(a)]
        gradient = gradient.of_texts(texts)
    inner = gradient.inlined()
    worker.captured += inner.captured
    arrays = [held_array(worker, name, a) for name, a in inner.arrays.items()]
    number = len(worker.gradients)
    name = worker.fresh(f"gradient{number}_")
    worker.gradients[name] = gradient
    if number >= len(worker.expansions):
        return ast.copy_location(ast.Call(name_of(name), args, []), node)
    found = worker.expansions[number]
    scope = Scope(worker.scope.source, worker.scope)
    given: list[ast.expr] = []
    for k, value in enumerate([*args, *arrays]):
        convert = k < len(found.as_float) and found.as_float[k]
        if convert:
            value = worker.bound(ast.Call(name_of("float"), [value], []), node)
        scope.names[f"{name}{k}"] = value
        given.append(ast.copy_location(name_of(f"{name}{k}"), node))
    saved, worker.scope = worker.scope, scope
    call = ast.copy_location(ast.Call(node.func, given, []), node)
    result = expand(worker, Closure(found.source.tree, found.source, None, {}), call, gradient)
    worker.scope = saved
    return result


def is_text(node: ast.expr) -> bool:
    """Whether an argument is a text."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def texts_of(signature: inspect.Signature, args: Sequence[ast.expr]) -> dict[str, str]:
    """The parameters that are given texts."""
    pairs = zip(signature.parameters, args, strict=True)
    return {name: ast.literal_eval(a) for name, a in pairs if is_text(a)}


def held_array(worker: Body, name: str, array: np.ndarray) -> ast.expr:
    """A captured array of another function under a name of the new body."""
    key = (0, id(array))
    if key in worker.known:
        return name_of(worker.known[key][0])
    return held(worker, key, name, array, array, worker.arrays)


def arguments_in_order(
    worker: Body, node: ast.Call, signature: inspect.Signature
) -> list[ast.expr]:
    """The arguments in the order of the parameters, defaults filled in."""
    parameters = signature.parameters
    given: dict[str, ast.expr] = dict(zip(parameters, node.args, strict=False))
    too_many = len(node.args) > len(parameters)
    for keyword in node.keywords:
        if keyword.arg not in parameters or keyword.arg in given:
            too_many = True
        given[str(keyword.arg)] = keyword.value
    text = ast.unparse(node.func)
    if too_many:
        worker.refuse(node, f"`{text}` cannot take these arguments", "")
    new = worker.parts(ast.Tuple(list(given.values()), ast.Load()))
    assert isinstance(new, ast.Tuple)
    values = dict(zip(given, new.elts, strict=True))
    for name, parameter in parameters.items():
        if name in values:
            continue
        if parameter.default is parameter.empty:
            worker.refuse(node, f"`{text}` needs an argument `{name}`", "")
        values[name] = capture(worker, node, name, parameter.default)
    return [worker.bound_if_needed(values[name], node) for name in parameters]
