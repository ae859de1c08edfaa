"""Functions that only compiled code calls: no machine code of their own, the same results."""

import contextlib
import ctypes
import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler_lock import global_compiler_lock

from srcgrad import value_and_grad
from srcgrad.backend import build, late, sharing
from srcgrad.backend.late import LateLibrary, late_code

pytestmark = pytest.mark.skipif(not late.KNOWN, reason="with this Numba nothing is late")


def layers(W, x):
    for _ in range(3):
        x = np.tanh(W @ x) + np.exp(-x)
    return np.sum(np.log(1.0 + x * x))


ARGUMENTS = (np.sin(np.arange(16.0)).reshape(4, 4), np.cos(np.arange(4.0)))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The libraries that become machine code; nothing is known from before."""
    found: list[str] = []
    usual = JITCodeLibrary._finalize_specific

    def noted(self: JITCodeLibrary) -> None:
        found.append(self.name)
        usual(self)

    monkeypatch.setattr(JITCodeLibrary, "_finalize_specific", noted)
    monkeypatch.setenv("SRCGRAD_CACHE", "0")
    build.BUILT.clear()
    sharing.SHARED.clear()
    return found


def test_on_and_off_agree_to_the_bit(made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    value, slopes = value_and_grad(layers)(*ARGUMENTS)
    assert set(made) <= {"nrt", "layers_grad"}
    build.BUILT.clear()
    sharing.SHARED.clear()
    monkeypatch.setattr(build, "late_code", contextlib.nullcontext)
    other, others = value_and_grad(layers)(*ARGUMENTS)
    assert len(made) > 4
    assert value == other
    for one, two in zip(slopes, others, strict=True):
        np.testing.assert_array_equal(one, two)


def test_an_address_is_made_when_it_is_asked_for() -> None:
    @numba.njit(no_cpython_wrapper=True)
    def root(x):
        return np.sqrt(np.full(3, x)).sum()

    with global_compiler_lock, late_code():
        root.compile((numba.float64,))
    (compiled,) = root.overloads.values()
    library = compiled.library
    assert isinstance(library, LateLibrary)
    assert library.get_pointer_to_function("no_such_function") == 0
    address = library.get_pointer_to_function(compiled.fndesc.llvm_cfunc_wrapper_name)
    prototype = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)
    assert prototype(address)(4.0) == 6.0


def test_a_function_of_the_user_s_links_what_is_late() -> None:
    @numba.njit(no_cpython_wrapper=True)
    def checked(x):
        if x < 0.0:
            raise ValueError("negative", x)
        return np.sqrt(x)

    with global_compiler_lock, late_code():
        checked.compile((numba.float64,))

    @numba.njit
    def caller(x):
        return checked(x) + checked(4.0 * x)

    assert caller(4.0) == 6.0
    with pytest.raises(ValueError, match="negative"):
        caller(-1.0)


def test_the_usual_code_generator_comes_back() -> None:
    from numba.core.registry import cpu_target

    usual = cpu_target.target_context.codegen()
    with contextlib.suppress(KeyError), global_compiler_lock, late_code(), late_code():
        assert cpu_target.target_context.codegen() is not usual
        raise KeyError
    assert cpu_target.target_context.codegen() is usual


PROCESS = """
import sys
import numba
import numpy as np
from srcgrad import grad

def first(x):
    return np.sum(np.exp(x) / (1.0 + np.exp(x)))

def second(x):
    return np.sum(np.exp(2.0 * x) * np.empty(3).size)

slope = grad({"first": first, "second": second}[sys.argv[1]])

@numba.njit
def caller(n):
    return slope(np.zeros(n)).sum() + np.empty(n).size

print(slope(np.zeros(3)).tolist(), caller(2))
try:
    caller(-1)
except ValueError as error:
    print(error)
"""


def test_what_was_late_is_found_on_disk(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(PROCESS)
    environment = {**os.environ, "SRCGRAD_CACHE_DIR": str(tmp_path / "cache")}

    def output(name: str) -> str:
        command = [sys.executable, str(script), name]
        return subprocess.check_output(command, env=environment, text=True)

    negative = "negative dimensions not allowed\n"
    assert output("first") == "[0.25, 0.25, 0.25] 2.5\n" + negative
    for _ in range(2):  # the helper, then the gradient is on disk
        assert output("second") == "[6.0, 6.0, 6.0] 14.0\n" + negative
