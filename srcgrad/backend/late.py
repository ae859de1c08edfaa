"""Late: functions that only compiled code calls get machine code of their own when it is asked for.

In: a block of Python code in which Numba compiles. Out: the same functions.

What Numba compiles for a caller (its own ``np.empty``, a helper of the listing) becomes part of
that caller's module, where it is optimised and becomes machine code with the rest; to do so with
each of them by itself, as Numba does, takes as long again. A gradient has ten to forty.

Invariant: who asks for the address of such a function, or links it from outside of the block, gets
what Numba would have made. Functions that Python calls, and what takes part in a recursion, are
never late.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any
from weakref import WeakValueDictionary

import llvmlite.binding as llvm
import numba
from numba.core.cgutils import normalize_ir_text
from numba.core.codegen import JITCodeLibrary, JITCPUCodegen, RuntimeLinker
from numba.core.compiler_lock import require_global_compiler_lock
from numba.core.registry import cpu_target
from numba.core.runtime import rtsys

FROM_PYTHON, FROM_C = "wrapper", "cfunc_wrapper"
"""Numba's names for the modules of functions through which Python, and C, call another."""

KNOWN = numba.version_info.short in {(0, 68)}
"""Whether this Numba's code generator is one that is known here; with others nothing is late."""

LATE = "late"
"""The kind of what is kept of a late library on disk."""


class LateCodegen(JITCPUCodegen):  # type: ignore[misc]
    """Numba's code generator, with libraries that may be late."""

    def __init__(self, usual: JITCPUCodegen) -> None:
        self.__dict__.update(usual.__dict__)  # one engine, one linker
        self._waiting: dict[str, Any] = {}
        self.late: WeakValueDictionary[str, LateLibrary] = WeakValueDictionary()

    def set_env(self, env_name: str, env: Any) -> None:
        """Set a function's environment, once there is machine code that reads it."""
        if self._engine.is_symbol_defined(env_name):
            super().set_env(env_name, env)
        else:
            self._waiting[env_name] = env

    def is_awaited(self, name: str) -> bool:
        """Whether a function is called, in a recursion, by an address to come."""
        return name in self._rtlinker._unresolved

    def set_waiting(self, module: llvm.ModuleRef) -> None:
        """Set the environments that a module reads, which has become machine code."""
        for name in {g.name for g in module.global_variables} & self._waiting.keys():
            super().set_env(name, self._waiting.pop(name))


class LateLibrary(JITCodeLibrary):  # type: ignore[misc]
    """The code of one function and of all that it calls; late until machine code is asked for."""

    def __init__(self, codegen: LateCodegen, name: str) -> None:
        super().__init__(codegen, name)
        self._late = True
        self._from_c: list[Any] = []
        self._linked: llvm.ModuleRef | None = None

    def add_ir_module(self, ir_module: Any) -> None:
        """Add a function, or one through which it is called."""
        if ir_module.name == FROM_PYTHON:
            self._late = False
        if ir_module.name == FROM_C and self._late:
            self._from_c.append(ir_module)
        else:
            super().add_ir_module(ir_module)

    def _optimize_functions(self, ll_module: llvm.ModuleRef) -> None:
        """As Numba does it, with one builder for all, and nothing for what is only declared."""
        ll_module.data_layout = self._codegen._data_layout
        passes, builder = self._codegen._function_pass_manager()
        for function in ll_module.functions:
            if not function.is_declaration:
                passes.run(function, builder)

    def finalize(self) -> None:
        """Link what is called; make machine code where that cannot wait."""
        require_global_compiler_lock()
        self._raise_if_finalized()
        own = [f.name for f in self.get_defined_functions()]
        for library in dict.fromkeys(self._linking_libraries):
            self._reload_init.update(library._reload_init)
            self._final_module.link_in(module_of(library), preserve=True)
        if not self._late or any(map(self._codegen.is_awaited, own)) or awaited(self._final_module):
            self._make()
        else:
            self._codegen.late.update(dict.fromkeys(own, self))
            self._finalize_dynamic_globals()
            self._finalized = True

    def _make(self) -> None:
        """Optimise, and make machine code."""
        self._codegen._check_llvm_bugs()
        self._late = False
        for name in awaited(self._final_module):
            if library := self._codegen.late.get(name):
                library._make_at_last()
        self._dynamic_globals: list[str] = []
        for ir_module in self._from_c:
            self.add_llvm_module(llvm.parse_assembly(normalize_ir_text(str(ir_module))))
        self._optimize_final_module()
        self._final_module.verify()
        self._finalize_final_module()
        self._codegen.set_waiting(self._final_module)

    def _make_at_last(self) -> None:
        """Make machine code where that has waited until now."""
        if self._late and self._finalized:
            self._make()

    def get_pointer_to_function(self, name: str) -> int:
        """The address of a function, 0 if this library has none of this name."""
        offered = [f.name for m in self._from_c for f in m.functions if not f.is_declaration]
        if name in offered or any(f.name == name for f in self.get_defined_functions()):
            self._make_at_last()
        address: int = super().get_pointer_to_function(name)
        return address

    def _get_module_for_linking(self) -> llvm.ModuleRef:
        """What others link in, who count on there being machine code."""
        self._make_at_last()
        return super()._get_module_for_linking()

    def late_module(self) -> llvm.ModuleRef:
        """What is linked in in the same block."""
        if not self._late:
            return super()._get_module_for_linking()
        if self._linked is None:
            self._linked = self._final_module.clone()
            for function in self._linked.functions:
                if not function.is_declaration and function.linkage == llvm.Linkage.external:
                    function.linkage = "linkonce_odr"
        return self._linked

    def _get_compiled_object(self) -> bytes:
        self._make_at_last()
        code: bytes = super()._get_compiled_object()
        return code

    def serialize_using_object_code(self) -> tuple[str, str, Any]:
        """What is kept on disk."""
        if self._late:
            return self.name, LATE, self._final_module.as_bitcode()
        kept: tuple[str, str, Any] = super().serialize_using_object_code()
        return kept

    @classmethod
    def _unserialize(cls, codegen: LateCodegen, state: tuple[str, str, Any]) -> LateLibrary:
        name, kind, data = state
        if kind != LATE:
            usual: LateLibrary = super()._unserialize(codegen, state)
            usual._late = False
            return usual
        self = cls(codegen, name)
        self.enable_object_caching()
        self._final_module = llvm.parse_bitcode(data)
        self._finalize_dynamic_globals()
        self._finalized = True
        return self


LateCodegen._library_class = LateLibrary


def module_of(library: Any) -> llvm.ModuleRef:
    """What a late library links in of another."""
    late = isinstance(library, LateLibrary)
    return library.late_module() if late else library._get_module_for_linking()


def awaited(module: llvm.ModuleRef) -> set[str]:
    """The functions that a module calls, in a recursion, by addresses to come."""
    prefix = RuntimeLinker.PREFIX
    names = [g.name for g in module.global_variables]
    return {name.removeprefix(prefix) for name in names if name.startswith(prefix)}


@contextlib.contextmanager
def late_code() -> Iterator[None]:
    """Let what is compiled here be late; the compiler's lock has to be held."""
    require_global_compiler_lock()
    context = cpu_target.target_context
    rtsys.initialize(context)  # Numba's own run-time functions are called by their addresses
    usual = context._internal_codegen
    if KNOWN and not isinstance(usual, LateCodegen):
        context._internal_codegen = of_usual(usual)
    try:
        yield
    finally:
        context._internal_codegen = usual


@functools.cache
def of_usual(usual: JITCPUCodegen) -> LateCodegen:
    """The one code generator beside Numba's."""
    return LateCodegen(usual)
