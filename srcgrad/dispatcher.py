"""The object that users call: a Numba dispatcher that derives a gradient for each signature.

In: a primal, ``wrt`` and options. Out: ``GradFunction``, called from Python and from compiled
code like any dispatcher.

Invariant: the common call (arguments that Numba types directly) takes Numba's own path in C;
everything else goes through ``_compile_for_args``, which converts and calls again.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numba
from numba import types
from numba.core import errors, sigutils
from numba.core.compiler_lock import global_compiler_lock
from numba.core.dispatcher import OmittedArg
from numba.core.registry import CPUDispatcher

from .arguments import (
    OUT,
    buffers,
    check_types,
    converted,
    is_floating,
    plain_signature,
    with_out,
    wrt_names,
)
from .backend.build import BUILT, WRAPPER, build, compiling
from .backend.cache import Entry, gradient_digest
from .backend.late import KNOWN
from .backend.raising import Called
from .broadcasts import is_left_out, parameters, trying_call
from .compiled import compiled
from .errors import ArgumentError, CompileError, SrcgradError
from .fingerprint import fingerprint
from .meanings import plain_function
from .options import Options
from .outline import outline
from .texts import check_wrt, texts_among, with_texts

if TYPE_CHECKING:
    from .pipeline import Derived


class GradFunction(CPUDispatcher):  # type: ignore[misc]
    """A gradient; see ``srcgrad.grad``."""

    __srcgrad__ = True

    def __init__(self, primal: Any, wrt: Any, with_value: bool, options: Options) -> None:
        plain = plain_function(primal)
        self._setup = (primal, wrt, with_value, options)
        self._signature = plain_signature(plain)
        self.wrt, self.bare = wrt_names(wrt, self._signature, plain.__name__)
        if options.out:
            self._signature = with_out(self._signature, plain.__name__)
        self.with_value = with_value
        self._options = options
        self._names = tuple(self._signature.parameters)
        self._plains: dict[Any, Any] = {}
        self._derived: dict[Any, Derived] = {}
        self._last: tuple[types.Type, ...] | None = None
        self._primal: Any = None
        self._twin: Any = None
        self._other: Any = None
        self._of_texts: dict[tuple[tuple[str, str], ...], Any] = {}
        self._called: dict[Any, Called] = {}
        super().__init__(_stub(plain, self._signature), targetoptions={"nopython": True})
        self.__wrapped__ = primal
        self.__name__ = plain.__name__
        self.__qualname__ = plain.__qualname__
        self.__module__ = plain.__module__
        self.__doc__ = plain.__doc__

    # Compilation

    def _make_finalizer(self) -> Callable[[], None]:
        """What happens when this object goes: nothing, its code belongs to the plain ones."""
        return lambda: None

    def compile(self, sig: Any) -> Any:
        """Derive and compile the gradient for one signature."""
        args, _ = sigutils.normalize_signature(sig)
        args = tuple(args)
        with compiling():
            if args not in self.overloads:
                check_types(args, self._names, self.wrt)
                plain = self._plains[args] = self._dispatcher(args)
                self._finish(plain, args)
                self.add_overload(plain.overloads[args])
            return self.overloads[args].entry_point

    def _finish(self, plain: Any, args: tuple[types.Type, ...]) -> None:
        """Have Numba load or compile a signature."""
        try:
            plain.compile(args)
        except errors.NumbaError as error:
            raise self._explained(error, args) from None

    def _dispatcher(self, args: tuple[types.Type, ...]) -> Any:
        """A plain dispatcher for a signature: the gradient, or a wrapper that converts."""
        effective = self.effective(args)
        seen = outline(self.__wrapped__)
        assert seen is not None
        if args == effective and not seen.arrays:
            return self._kept(seen.digest, effective, args)
        extra = self._derive(effective).extra if seen.arrays else ()
        captured = {f"captured{k}_": array for k, array in enumerate(extra)}
        wrapper = self._wrapper(args, effective, captured)
        digest = None if captured else seen.digest  # the arrays are frozen in the code
        return self._kept(digest, effective, args, lambda d: wrapper.format(d.name), captured)

    def _with_captured(self, kinds: tuple[types.Type, ...], arrays: Sequence[Any]) -> Any:
        """The gradient with the arrays that its primal captures as its last arguments."""
        seen = outline(self.__wrapped__)
        assert seen is not None
        names = [*self._names, *(f"captured{k}_" for k in range(len(arrays)))]

        def wrapper(derived: Derived) -> str:
            taken = [next(k for k, a in enumerate(arrays) if a is e) for e in derived.extra]
            if taken == list(range(len(arrays))):
                return ""
            given = [*self._names, *(f"captured{k}_" for k in taken)]
            return function_text(WRAPPER, names, f"{derived.name}({', '.join(given)})")

        args = (*kinds, *map(numba.typeof, arrays))
        plain = self._kept(seen.digest, kinds, args, wrapper)
        self._finish(plain, args)
        return plain

    def _kept(
        self,
        digest: str | None,
        effective: tuple[types.Type, ...],
        args: tuple[types.Type, ...],
        wrapper: Callable[[Derived], str] | None = None,
        captured: Mapping[str, Any] | None = None,
    ) -> Any:
        """The dispatcher of one signature: from the disk, or derived and then kept there."""
        self._last = effective
        form = [self.wrt, self.with_value, self.bare, *self._options.key]
        key = gradient_digest(digest, form, args)
        if key in BUILT:
            return BUILT[key]
        entry = Entry(key)
        if entry.text is None:
            derived = self._derive(effective)
            text = derived.loops if self._options.whole else derived.straight
            entry.fill(text + (wrapper(derived) if wrapper else ""), derived.name)
            if self._mark() != digest:
                entry.digest = None  # something was rebound meanwhile
        return build(entry, self._options.fastmath, captured, self._options.out)

    def _mark(self) -> str:
        """All that the gradient depends on, as far as it can be known."""
        return fingerprint(plain_function(self.__wrapped__)).digest

    def _wrapper(
        self,
        args: tuple[types.Type, ...],
        effective: tuple[types.Type, ...],
        captured: Iterable[str],
    ) -> str:
        """``def converted(x, y): return gradient(float(x), y, captured)``, to be formatted."""
        numbers = types.Integer | types.Boolean | types.Omitted
        given = [
            f"float({n})" if isinstance(w, types.Float) and isinstance(k, numbers) else n
            for n, k, w in zip(self._names, args, effective, strict=True)
        ]
        return function_text(WRAPPER, self._names, f"{{0}}({', '.join([*given, *captured])})")

    def _effective(self, kind: types.Type, name: str) -> types.Type:
        """The type that the gradient is derived for."""
        if isinstance(kind, types.Omitted):
            kind = numba.typeof(kind.value)
        if self.wrt is not None and name in self.wrt:
            if isinstance(kind, types.Integer | types.Boolean):
                return types.float64
        return types.unliteral(kind)

    def _derive(self, kinds: tuple[types.Type, ...]) -> Derived:
        """The gradient's text for types, remembered."""
        before = self._mark()
        if (before, kinds) not in self._derived:
            given, out = (kinds[:-1], kinds[-1]) if self._options.out else (kinds, None)
            if self.wrt is None and not any(map(is_floating, given)):
                shown = ", ".join(f"{n}: {k}" for n, k in zip(self._names, given, strict=False))
                raise ArgumentError(
                    f"`{self.__name__}` has no floating-point argument ({shown}): write "
                    f"`wrt={self._names[0]!r}` to differentiate by an int as a float"
                    if self._names
                    else f"`{self.__name__}` has no parameters"
                )
            wrapped = self.__wrapped__
            tupled = self.wrt is not None and not self.bare
            # The pipeline is imported where it is needed: a gradient on disk does without it.
            pipeline = importlib.import_module(".pipeline", __package__)
            self._derived[before, kinds] = pipeline.derive(
                wrapped,
                self.wrt,
                self.with_value,
                given,
                tupled,
                self._options.vectormath,
                self._options.lanes,
                out,
                self._options.small,
            )
        self._last = kinds
        return self._derived[before, kinds]

    def _explained(self, error: Exception, args: tuple[types.Type, ...]) -> SrcgradError:
        """Numba's refusal of generated code, in short."""
        code = plain_function(self.__wrapped__).__code__
        lines = [x.strip() for x in str(error).splitlines() if x.strip()]
        return CompileError(
            f"Numba cannot compile the gradient of `{self.__name__}` "
            f"({code.co_filename}, line {code.co_firstlineno}) for "
            f"({', '.join(map(str, args))}):\n    " + "\n    ".join(lines[:8])
        )

    # The version for operands that are broadcast at run time

    def _whole(self) -> Any:
        """The gradient with both its versions."""
        if self._twin is None:
            primal, wrt, with_value, options = self._setup
            self._twin = _again(primal, wrt, with_value, replace(options, whole=True))
            self._twin._derived = self._derived
        return self._twin

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """What a compiled caller is told: of both versions, where there are two."""
        kinds = tuple(self._compiler.fold_argument_types(args, kws)[1])
        with global_compiler_lock:
            check_types(kinds, self._names, self.wrt)
            if not self._options.whole and is_left_out(self._dispatcher(kinds)):
                return self._whole().get_call_template(args, kws)
        return super().get_call_template(args, kws)

    def get_overload(self, sig: Any) -> Any:
        """What a compiled caller calls."""
        args = tuple(sigutils.normalize_signature(sig)[0])
        if self._twin is not None and args in self._twin.overloads:
            return self._twin.get_overload(sig)
        if not KNOWN:
            return super().get_overload(sig)
        if args not in self._called:
            self._called[args] = Called(self.overloads[args], self)
        return self._called[args]

    # What a primal that calls this gradient needs

    @property
    def signature(self) -> inspect.Signature:
        """The primal's parameters."""
        return self._signature

    @property
    def has_out(self) -> bool:
        """Whether gradients can be written into arrays of the caller's."""
        return self._options.out

    @property
    def primal_function(self) -> Any:
        """The primal as a plain Python function."""
        return plain_function(self.__wrapped__)

    def inlined(self) -> Any:
        """The primal on its own: what it captures, whatever the types are."""
        from .frontend.closure import inline_untyped  # costs much: not where it is on disk
        from .frontend.parse import parse

        return inline_untyped(parse(self.__wrapped__))

    def effective(self, kinds: Iterable[types.Type]) -> tuple[types.Type, ...]:
        """The types that the gradient is derived for."""
        return tuple(self._effective(k, n) for k, n in zip(kinds, self._names, strict=True))

    def derived(self, kinds: tuple[types.Type, ...]) -> Derived:
        """The gradient's text for types."""
        check_types(kinds, self._names, self.wrt)
        return self._derive(kinds)

    # Calls from Python

    def _compile_for_args(self, *args: Any, **kws: Any) -> Any:
        """What Numba calls on a miss: compile, or convert the arguments and call again."""
        __tracebackhide__ = True
        try:
            bound = self._signature.bind(*args, **kws)
        except TypeError as error:
            raise ArgumentError(f"`{self.__name__}`: {error}") from None
        given = {k: v for k, v in bound.arguments.items() if not isinstance(v, OmittedArg)}
        if texts := texts_among(self._signature, given):
            rest = {k: v for k, v in given.items() if k not in texts}
            return lambda *_, **__: self.of_texts(texts)(**rest)
        wanted = set(self.wrt or ())
        out = given.pop(OUT, None) if self._options.out else None
        new = {k: converted(v, k, k in wanted) for k, v in given.items()}
        if out is not None:
            given[OUT], new[OUT] = out, buffers(out)
        for name, parameter in self._signature.parameters.items():
            if name not in new and parameter.default is not parameter.empty:
                default = converted(parameter.default, name, name in wanted)
                if default is not parameter.default:
                    new[name] = default
        if any(new[k] is not given.get(k) for k in new):
            return lambda *_, **__: self(**new)
        try:
            found = super()._compile_for_args(*args, **kws)
        except SrcgradError as error:
            raise error.with_traceback(None) from None
        if type(self) is GradFunction and any(map(is_left_out, self._plains.values())):
            call = {"__call__": trying_call(self._signature)}
            self.__class__ = type("GradFunction", (GradFunction,), call)
            return lambda *_, **__: self(**new)
        return found

    def of_texts(self, texts: Mapping[str, str]) -> Any:
        """The gradient for these texts, by the other arguments."""
        check_wrt(texts, self.wrt)
        key = tuple(texts.items())
        if key not in self._of_texts:
            primal, _, with_value, options = self._setup
            wrt = self.wrt[0] if self.wrt and self.bare else self.wrt
            signature = plain_signature(plain_function(primal))
            made = with_texts(primal, signature, texts)
            self._of_texts[key] = _again(made, wrt, with_value, options)
        return self._of_texts[key]

    # What people look at

    def source(self, *examples: Any, level: str = "flat") -> str:
        """The gradient's text.

        Parameters
        ----------
        *examples : values or numba types
            One for each argument; left out, those of the last call, or float scalars.
        level : {"flat", "loops"}
            The listing, or exactly what Numba compiles (the function for operands that are
            broadcast at run time when it is first needed).
        """
        if level not in ("flat", "loops"):
            raise ArgumentError(f"level={level!r}: there are 'flat' and 'loops'")
        given = dict(zip(self._names, examples, strict=False))
        if texts := texts_among(self._signature, given):
            rest = [v for name, v in given.items() if name not in texts]
            return str(self.of_texts(texts).source(*rest, level=level))
        derived = self._derive(self._kinds(examples))
        return derived.flat if level == "flat" else derived.loops

    def _kinds(self, examples: tuple[Any, ...]) -> tuple[types.Type, ...]:
        """Types for examples."""
        if not examples and self._last is not None:
            return self._last
        wanted = set(self.wrt or ())
        found = []
        given = dict(zip(self._names, examples, strict=False))
        for name in self._names:
            parameter = self._signature.parameters[name]
            made = name == OUT and self._options.out
            default = parameter.default if examples or made else parameter.empty
            example = given.get(name, default)
            if example is parameter.empty:
                found.append(types.float64)
            elif isinstance(example, types.Type):
                found.append(self._effective(example, name))
            else:
                kind = numba.typeof(converted(example, name, name in wanted))
                found.append(self._effective(kind, name))
        return tuple(found)

    @property
    def primal(self) -> Any:
        """The function itself, compiled."""
        if self._primal is None:
            if isinstance(self.__wrapped__, CPUDispatcher):
                self._primal = self.__wrapped__
            else:
                self._primal = compiled(plain_function(self.__wrapped__))
        return self._primal

    def _repr_html_(self) -> str:
        """The listing for a notebook, coloured where pygments is there."""
        text = self.source()
        try:
            pygments = importlib.import_module("pygments")
            lexers = importlib.import_module("pygments.lexers")
            formatters = importlib.import_module("pygments.formatters")
        except ImportError:
            import html

            return f"<pre>{html.escape(text)}</pre>"
        return str(
            pygments.highlight(text, lexers.PythonLexer(), formatters.HtmlFormatter(noclasses=True))
        )

    def __repr__(self) -> str:
        kind = "value_and_grad" if self.with_value else "grad"
        return f"<srcgrad.{kind} of {self.__qualname__}>"

    def __reduce__(self) -> Any:
        primal, wrt, with_value, options = self._setup
        inner = getattr(primal, "__gradient__", None)
        if inner is not None:
            return _again, (inner, wrt, with_value, options)
        plain = plain_function(primal)
        found: Any = inspect.getmodule(plain)
        for part in plain.__qualname__.split("."):
            found = getattr(found, part, None)
        if found is self:
            return _by_name, (plain.__module__, plain.__qualname__)
        return _again, (primal, wrt, with_value, options)


def function_text(name: str, names: Iterable[str], result: str) -> str:
    """A function of one line, as text to be appended to a module."""
    return f"\n\ndef {name}({', '.join(names)}):\n    return {result}\n"


def _stub(plain: Any, signature: inspect.Signature) -> Any:
    """A function with the primal's signature and nothing in it: Numba binds arguments by it."""
    params, scope = parameters(signature)
    exec(f"def stub({params}): pass", scope)
    stub = scope["stub"]
    stub.__name__, stub.__qualname__ = plain.__name__, plain.__qualname__
    stub.__module__, stub.__doc__ = plain.__module__, plain.__doc__
    return stub


def _by_name(module: str, qualname: str) -> Any:
    """Find a pickled gradient again."""
    found: Any = importlib.import_module(module)
    for part in qualname.split("."):
        found = getattr(found, part)
    return found


def _again(primal: Any, wrt: Any, with_value: bool, options: Options) -> Any:
    """Make a pickled gradient again."""
    from .front import gradient_function

    return gradient_function(primal, wrt, with_value, options)
