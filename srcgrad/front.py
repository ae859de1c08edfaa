"""Front: what a gradient function looks at before a call, where there is something to look at.

In: a primal and options. Out: its gradient function: a ``GradFunction`` as it is, or one that
first compares captured values with what they were, or arguments with each other.

Invariant: what a call returns is the gradient of the function as it is now, helpers and captured
values included; compiled callers keep what they were compiled with, as Numba has it.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numba.core import sigutils
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import CPUDispatcher

from .arguments import check_types, converted
from .backend.build import compiling
from .broadcasts import TRYING, parameters, trying
from .custom import gate_of
from .dispatcher import GradFunction
from .errors import AliasingError, SrcgradError
from .execution import execute
from .meanings import CellSpace
from .options import Options
from .outline import Outline, outline


def gradient_function(primal: Any, wrt: Any, with_value: bool, options: Options) -> GradFunction:
    """The gradient of a primal, checked at each call only where that is needed."""
    if isinstance(primal, GradFunction) or gate_of(primal):
        primal = calling(primal)
    try:
        found = outline(primal, tolerant=True)
    except SrcgradError as error:
        raise error.with_traceback(None) from None
    if found is None or found.watched or found.written:
        return CheckedGradFunction(primal, wrt, with_value, options)
    return GradFunction(primal, wrt, with_value, options)


_numbers = itertools.count()


def calling(gradient: Any) -> Any:
    """``def f(x): return gradient(x)``: a gradient, or a gate, as a primal with its own source."""
    params, scope = parameters(inspect.signature(gradient))
    name = gradient.__name__ if gradient.__name__.isidentifier() else "f"
    given = ", ".join(inspect.signature(gradient).parameters)
    text = f"def {name}({params}):\n    return gradient({given})\n"
    filename = f"<gradient {next(_numbers)} of {name}>"
    scope |= {"gradient": gradient, "__name__": gradient.__module__}
    function = execute(text, filename, scope)[name]
    function.__qualname__ = gradient.__qualname__
    function.__gradient__ = gradient
    return function


class CheckedGradFunction(GradFunction):
    """A gradient that looks at the world at each call.

    Of a function with captured values, of one that writes to its arguments, or of one whose
    helpers were not all defined yet when it was made.
    """

    def __call__(self, *args: Any, **kws: Any) -> Any:
        """The first call: it finds what the others look at."""
        self._look()
        return self(*args, **kws)

    def _look(self) -> None:
        """Find what the function is made of, and so how its calls are checked."""
        found = outline(self.__wrapped__)
        assert found is not None
        self._arrays = found.arrays
        self._inner = WithArrays(self, self._arrays) if self._arrays else self
        call = _quick_call(self._signature, found)
        self.__class__ = type("CheckedGradFunction", (CheckedGradFunction,), {"__call__": call})

    def _renew(self) -> None:
        """Forget what was derived from values that have been rebound."""
        with global_compiler_lock:
            self._look()
            self._derived.clear()
            self._plains.clear()
            self._primal = self._twin = self._other = None
            self._reset_overloads()
            self.overloads.clear()

    def _check_overlap(self, *args: Any) -> None:
        """Refuse arguments that share memory where the primal writes to one.

        Those are compared with each other and with captured arrays.
        """
        named = zip(self._names, args, strict=True)
        found = [part for name, value in named for part in parts(name, value)]
        captured = [(f"captured{k}_", a) for k, a in enumerate(self._arrays)]
        pairs = itertools.chain(
            itertools.combinations(found, 2), itertools.product(found, captured)
        )
        for (n, a), (m, b) in pairs:
            whole = {place.partition("[")[0] for place in (n, m)}
            if shares(a, b) and whole & self.derived(self._kinds(args)).written:
                other = f"`{m}`" if m in dict(found) else "an array that it captures"
                raise AliasingError(
                    f"`{n}` of `{self.__name__}` and {other} share memory, and it writes to one "
                    f"of them: pass a copy of `{n}`"
                )


def parts(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The arrays and lists in an argument, each with how the function would write it."""
    if isinstance(value, np.ndarray | list):
        yield place, value
    if isinstance(value, tuple | list):
        for k, item in enumerate(value):
            yield from parts(f"{place}[{k}]", item)


def shares(a: Any, b: Any) -> bool:
    """Whether two arrays or lists share memory."""
    arrays = isinstance(a, np.ndarray) and isinstance(b, np.ndarray)
    return a is b or (arrays and np.may_share_memory(a, b))


NUMBERS = frozenset({int, float, bool})
"""Arguments that have no memory to share, told apart without a call."""


def overlap(a: Any, b: Any) -> bool:
    """Whether two arguments have memory in common."""
    if type(a) in NUMBERS or type(b) in NUMBERS:
        return False
    if type(a) is type(b) is np.ndarray:
        return np.may_share_memory(a, b)
    return any(shares(x, y) for _, x in parts("", a) for _, y in parts("", b))


class WithArrays(CPUDispatcher):  # type: ignore[misc]
    """A gradient that takes the arrays that its primal captures as its last arguments."""

    def __init__(self, outer: GradFunction, arrays: tuple[np.ndarray, ...]) -> None:
        self._outer = outer
        self._arrays = arrays
        self._names = outer._names
        self._plains: dict[Any, Any] = {}
        names = ", ".join([*self._names, *(f"captured{k}_" for k in range(len(arrays)))])
        scope: dict[str, Any] = {}
        name = outer.__name__ if outer.__name__.isidentifier() else "f"
        exec(f"def {name}({names}): pass", scope)
        super().__init__(scope[name], targetoptions={"nopython": True})

    _make_finalizer = GradFunction._make_finalizer

    def compile(self, sig: Any) -> Any:
        """Derive and compile the gradient for one signature, arrays included."""
        args = tuple(sigutils.normalize_signature(sig)[0])
        with compiling():
            if args not in self.overloads:
                kinds = args[: len(self._names)]
                check_types(kinds, self._names, self._outer.wrt)
                plain = self._plains[args] = self._outer._with_captured(kinds, self._arrays)
                self.add_overload(plain.overloads[args])
            return self.overloads[args].entry_point

    def _compile_for_args(self, *args: Any, **kws: Any) -> Any:
        """What Numba calls on a miss: compile, or convert the arguments and call again."""
        wanted = set(self._outer.wrt or ())
        pairs = list(zip(self._names, args, strict=False))
        if texts := {name: value for name, value in pairs if isinstance(value, str)}:
            rest = {name: value for name, value in pairs if name not in texts}
            return lambda *_, **__: self._outer.of_texts(texts)(**rest)
        new = [converted(value, name, name in wanted) for name, value in pairs]
        if any(a is not b for a, b in zip(new, args, strict=False)):
            return lambda *_, **__: self(*new, *self._arrays)
        try:
            return super()._compile_for_args(*args, **kws)
        except SrcgradError as error:
            raise error.with_traceback(None) from None


TESTING = {
    "array_": np.ndarray,
    "KeyError_": KeyError,
    "isinstance_": isinstance,
    "numbers_": NUMBERS,
    "overlap_": overlap,
    "several_": (tuple, list),
    "type_": type,
}
"""What these tests name; parameters may have the names without the underscores."""


def _suspects(given: list[str], captured: list[str], written: Mapping[str, int]) -> list[str]:
    """Tests one of which holds where memory that may be written to has two names."""
    found = []
    for name, axes in written.items():
        tests = [f"isinstance_({name}, several_)"] if name in given else []
        others = [n for n in given if n != name] + (captured if name in given else [])
        if tests := tests + [f"overlap_({name}, {other})" for other in others]:
            is_large = f"{name}.ndim > {axes} if kind_ is array_ else kind_ not in numbers_"
            found.append(
                f"(({is_large}) and ({' or '.join(tests)}))".replace("kind_", f"type_({name})")
            )
    return found


def _quick_call(signature: inspect.Signature, found: Outline) -> Callable[..., Any]:
    """``__call__`` with the primal's own parameters: it costs a third less than ``*args``."""
    params, scope = parameters(signature)
    scope |= TRYING | TESTING
    tests = []
    for k, (space, name, value) in enumerate(found.watched):
        scope |= {f"space{k}_": getattr(space, "cell", space), f"value{k}_": value}
        place = ".cell_contents" if isinstance(space, CellSpace) else f"[{name!r}]"
        tests.append(f"space{k}_{place} is value{k}_")
    given = list(signature.parameters)
    captured = {f"captured{k}_": array for k, array in enumerate(found.arrays)}
    scope |= captured
    target = "self_._inner" if captured else "self_"
    body = trying(target, ", ".join(given), "".join(f", {c}" for c in captured))
    if suspects := _suspects(given, list(captured), found.written):
        body = f"if {' or '.join(suspects)}:\n    self_._check_overlap({', '.join(given)})\n{body}"
    body = body.replace("\n", "\n        ")
    text = (
        f"def __call__(self_, {params}):\n"
        f"    try:\n"
        f"        same_ = {' and '.join(tests) or 'True'}\n"
        f"    except (KeyError_, ValueError_):\n"
        f"        same_ = False\n"
        f"    if same_:\n"
        f"        {body}"
        f"\n    self_._renew()\n"
        f"    return self_({', '.join(given)})\n"
    )
    exec(text, scope)
    call: Callable[..., Any] = scope["__call__"]
    return call
