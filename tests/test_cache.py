"""The disk cache from end to end: what is found again, what is not, and in which processes."""

import gc
import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numba
import numpy as np
import pytest

from srcgrad import pipeline, value_and_grad
from srcgrad.backend import build, store

PROGRAM = """
import numpy as np
from srcgrad import gate, value_and_grad
from helper_module import curve

SCALE = 2.0
WEIGHTS = np.array([1.0, 2.0, 3.0])


@value_and_grad
def of_scalar(x):
    return SCALE * curve(x)


@value_and_grad(wrt="x")
def of_some(x, shift):
    if shift is None:
        return np.sum(WEIGHTS * x)
    return np.sum(WEIGHTS[1] * x + OTHER * shift)


OTHER = np.array([1.0, 1.0, 7.0])


@gate("grad_x += grad_z * 2 * x")
def square(x):
    return x * x


@value_and_grad
def of_gate(x):
    return 3.0 * square(x)


@value_and_grad(wrt="x")
def of_array(x, power=2):
    return np.sum(WEIGHTS * x**power)
"""
HELPER = """
def curve(x):
    return x * x
"""
SCRIPT = """
import json, sys
import numba
import numpy as np
import program

@numba.njit
def descend(x):
    for _ in range(3):
        x -= 0.1 * program.of_scalar(x)[1]
    return x

x = np.array([1.0, 2.0, 3.0])
results = [program.of_scalar(3.0), program.of_array(x), program.of_array(x, 3), descend(1.0)]
program.WEIGHTS[:] = 1.0
results += [program.of_array(x), program.of_gate(2.0)]
print(json.dumps([results, list(sys.modules)], default=np.ndarray.tolist))
"""
EXPECTED = [
    [18.0, 12.0],
    [36.0, [2.0, 8.0, 18.0]],
    [98.0, [3.0, 24.0, 81.0]],
    0.216,
    [14.0, [2.0, 4.0, 6.0]],
    [12.0, 12.0],
]
DERIVING = re.compile(
    r"astor|scipy\.special|srcgrad\.(analysis|frontend|pipeline|program|rules|transform)\b"
)
"""Modules that read, differentiate or write functions."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a program in it, and an empty cache."""
    monkeypatch.setenv("SRCGRAD_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "helper_module.py").write_text(HELPER)
    return tmp_path


def start(folder: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *sys.path])}
    command = [sys.executable, "-c", SCRIPT]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> tuple[object, list[str]]:
    """What a process computed, and the modules for deriving that it imported."""
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    results, modules = json.loads(output)
    return results, list(filter(DERIVING.match, modules))


def test_second_process_starts_warm(folder: Path) -> None:
    """Scalars, captured arrays, defaults left out, calls from compiled code: nothing derived."""
    results, derived = finish(start(folder))
    np.testing.assert_equal(results, EXPECTED)
    assert {"srcgrad.pipeline", "srcgrad.rules", "srcgrad.transform.adjoint"} <= set(derived)
    results, derived = finish(start(folder))
    np.testing.assert_equal(results, EXPECTED)
    assert derived == []


def test_edited_helper_in_a_new_process(folder: Path) -> None:
    finish(start(folder))
    (folder / "helper_module.py").write_text(HELPER.replace("x * x", "3.0 * x"))
    results, derived = finish(start(folder))
    assert isinstance(results, list)
    assert results[0] == [18.0, 6.0]
    assert derived


def test_two_processes_at_once(folder: Path) -> None:
    for process in [start(folder) for _ in range(2)]:
        np.testing.assert_equal(finish(process)[0], EXPECTED)
    results, derived = finish(start(folder))
    np.testing.assert_equal(results, EXPECTED)
    assert not derived
    assert not list((folder / "cache").glob(".new-*"))


# --- In one process, as if each import were a new one --------------------------------------


@pytest.fixture
def derivations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the functions that were derived."""
    found: list[str] = []
    derive = pipeline.derive

    def counted(function: Callable[..., object], *args: object, **kws: object) -> object:
        found.append(getattr(function, "__name__", ""))
        return derive(function, *args, **kws)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "derive", counted)
    return found


@pytest.fixture
def load(folder: Path) -> Iterator[Callable[..., ModuleType]]:
    """Import the program afresh, after replacements in its text."""

    def fresh(old: str = "", new: str = "", file: str = "program.py") -> ModuleType:
        text = {"program.py": PROGRAM, "helper_module.py": HELPER}
        assert old in text[file]
        (folder / "program.py").write_text(PROGRAM)
        (folder / "helper_module.py").write_text(HELPER)
        (folder / file).write_text(text[file].replace(old, new) if old else text[file])
        for name in ("program", "helper_module"):
            sys.modules.pop(name, None)
        for cached in (folder / "__pycache__").glob("*"):
            cached.unlink()
        build.BUILT.clear()
        return importlib.import_module("program")

    yield fresh
    for name in ("program", "helper_module"):
        sys.modules.pop(name, None)


EDITS = {
    "source": ("SCALE * curve(x)", "SCALE * curve(x) + x", "program.py", 13.0),
    "constant": ("SCALE * curve(x)", "SCALE * curve(x) * 2.5", "program.py", 30.0),
    "helper": ("x * x", "x * x * x", "helper_module.py", 54.0),
    "helper's default": ("def curve(x):\n    return x", "def curve(x, k=5.0):\n    return k * x",
                         "helper_module.py", 60.0),
    "captured value": ("SCALE = 2.0", "SCALE = -1.0", "program.py", -6.0),
    "captured type": ("SCALE = 2.0", "SCALE = 2", "program.py", 12.0),
    "meaning of a name": ("SCALE = 2.0", "SCALE = 2.0\nfrom math import sin as curve",
                          "program.py", 2.0 * np.cos(3.0)),
    "options": ("@value_and_grad\n", "@value_and_grad(fastmath=False)\n", "program.py", 12.0),
    "wrt": ("@value_and_grad\n", "@value_and_grad(wrt=('x',))\n", "program.py", (12.0,)),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_edit_is_a_miss_and_its_undoing_a_hit(
    load: Callable[..., ModuleType], derivations: list[str], edit: str
) -> None:
    assert load().of_scalar(3.0) == (18.0, 12.0)
    old, new, file, expected = EDITS[edit]
    derivations.clear()
    np.testing.assert_allclose(load(old, new, file).of_scalar(3.0)[1], expected, rtol=1e-14)
    assert derivations == ["of_scalar"]
    derivations.clear()
    assert load().of_scalar(3.0) == (18.0, 12.0)
    np.testing.assert_allclose(load(old, new, file).of_scalar(3.0)[1], expected, rtol=1e-14)
    assert derivations == []


def test_what_changes_nothing_is_a_hit(
    load: Callable[..., ModuleType], derivations: list[str]
) -> None:
    load().of_scalar(3.0)
    derivations.clear()
    edited = load("@value_and_grad\ndef", "# A comment.\n\n@value_and_grad\ndef")
    assert edited.of_scalar(3.0) == (18.0, 12.0)
    assert derivations == []
    assert edited.of_scalar.source() == load().of_scalar.source()
    assert derivations == ["of_scalar"] * 2, "a listing is derived when it is asked for"


def test_one_gradient_made_twice_and_dropped_once(
    load: Callable[..., ModuleType], derivations: list[str]
) -> None:
    def called_by_a_loop(gradient: object) -> float:
        @numba.njit
        def loop(x):
            return gradient(x)[1]

        return loop(3.0)

    program = load()
    first, second = (value_and_grad(program.of_scalar.__wrapped__) for _ in range(2))
    assert called_by_a_loop(first) == called_by_a_loop(second) == 12.0
    assert derivations == ["of_scalar"]
    del first
    gc.collect()
    assert called_by_a_loop(second) == 12.0


def test_types_and_layouts_have_entries_of_their_own(
    load: Callable[..., ModuleType], derivations: list[str]
) -> None:
    x = np.arange(1.0, 4.0)
    kinds = [x, x.astype(np.float32), np.repeat(x, 2)[::2]]
    for expected in (3, 0):
        derivations.clear()
        program = load()
        for kind in kinds:
            value, slope = program.of_array(kind)
            np.testing.assert_allclose(value, 36.0)
            assert slope.dtype == kind.dtype
        assert len(derivations) == expected


@pytest.mark.parametrize("name", ["source", "numba"])
def test_other_versions_are_a_miss(
    load: Callable[..., ModuleType],
    derivations: list[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    from srcgrad.backend import cache

    load().of_scalar(3.0)
    if name == "source":
        monkeypatch.setattr(cache, "source_digest", lambda: "another")
    else:
        monkeypatch.setattr(cache.numba, "__version__", "another")
    cache.environment.cache_clear()
    try:
        derivations.clear()
        assert load().of_scalar(3.0) == (18.0, 12.0)
        assert derivations == ["of_scalar"]
    finally:
        monkeypatch.undo()
        cache.environment.cache_clear()


def test_argument_that_decides_which_arrays_are_captured(
    load: Callable[..., ModuleType], derivations: list[str]
) -> None:
    for expected in (2, 0):
        derivations.clear()
        program = load()
        assert program.of_some(np.ones(3), None)[0] == 6.0
        assert program.of_some(np.ones(3), 2.0)[0] == 24.0
        assert len(derivations) == expected


def test_rebound_after_import(load: Callable[..., ModuleType], derivations: list[str]) -> None:
    program = load()
    program.of_scalar(3.0)
    program.SCALE = 4.0
    assert program.of_scalar(3.0) == (36.0, 24.0)
    derivations.clear()
    program = load()
    assert program.of_scalar(3.0) == (18.0, 12.0)
    program.SCALE = 4.0
    assert program.of_scalar(3.0) == (36.0, 24.0)
    assert derivations == []


def test_text_on_disk_is_what_was_compiled(folder: Path, load: Callable[..., ModuleType]) -> None:
    program = load()
    program.of_scalar(3.0)
    (text,) = (folder / "cache").rglob("of_scalar_grad_*.py")
    assert text.read_text() == program.of_scalar.source(level="loops")
    assert program.of_scalar.overloads


@pytest.mark.parametrize("harm", ["flipped", "not a pickle"])
def test_damaged_code_is_compiled_again(
    folder: Path, load: Callable[..., ModuleType], derivations: list[str], harm: str
) -> None:
    load().of_scalar(3.0)
    (code,) = (folder / "cache").rglob("code")
    content = bytearray(code.read_bytes())
    content[len(content) // 2] ^= 1
    code.write_bytes(content)
    if harm == "not a pickle":  # with checksums to match: the last line of defence
        files = {p.name: p.read_bytes() for p in code.parent.iterdir() if p.name != "manifest"}
        store.set_aside(code.parent.name)
        store.write(code.parent.name, {**files, "code": b"nonsense"})
    derivations.clear()
    assert load().of_scalar(3.0) == (18.0, 12.0)
    assert derivations == ([] if harm == "not a pickle" else ["of_scalar"])
    derivations.clear()
    assert load().of_scalar(3.0) == (18.0, 12.0)
    assert derivations == []


@pytest.mark.parametrize("fault", ["no folder", "full disk", "switched off"])
def test_disk_that_fails(
    folder: Path, load: Callable[..., ModuleType], monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    if fault == "no folder":
        (folder / "cache").write_text("in the way")
        monkeypatch.setenv("SRCGRAD_CACHE_DIR", str(folder / "cache" / "below"))
    elif fault == "full disk":
        monkeypatch.setattr(os, "fsync", full)
    else:
        monkeypatch.setenv("SRCGRAD_CACHE", "0")
    program = load()
    assert program.of_scalar(3.0) == (18.0, 12.0)
    np.testing.assert_array_equal(program.of_array(np.ones(3))[1], [2.0, 4.0, 6.0])
    if fault == "full disk":
        assert [p.name for p in (folder / "cache").iterdir()] == []
