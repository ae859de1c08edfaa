"""Compiled functions that call gradients, kept on disk by Numba: later processes find them."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from srcgrad import options
from srcgrad.backend import modules

PROCESS = """
import numba
import numpy as np
from srcgrad import grad


def bowl(x):
    if len(x) == 0:
        raise ValueError("empty")
    return np.sum(np.exp(x) ** 2)


slope = grad(bowl)
into = grad(bowl, out=True)


@numba.njit(cache=True)
def caller(x):
    return slope(x).sum()


def caller_of(gradient):
    @numba.njit(cache=True)
    def inner(x):
        out = np.empty(len(x))
        gradient(x, out=out)
        return out.sum()

    return inner


second = caller_of(into)
print(caller(np.zeros(3)), second(np.zeros(3)))
print(sum(caller.stats.cache_hits.values()), sum(second.stats.cache_hits.values()))
try:
    caller(np.zeros(0))
except ValueError as error:
    print(error)
print(slope(np.zeros(3)), caller(np.zeros(2)))
"""


def test_a_cached_caller_is_found(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(PROCESS)
    folders = {"SRCGRAD_CACHE_DIR": "gradients", "NUMBA_CACHE_DIR": "callers"}
    environment = {**os.environ, **{k: str(tmp_path / v) for k, v in folders.items()}}
    for hits in ("0 0", "1 1", "1 1"):
        done = subprocess.run(
            [sys.executable, str(script)], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"6.0 6.0\n{hits}\nempty\n[2. 2. 2.] 4.0\n"


def test_options_have_the_same_bytes_in_each_order() -> None:
    flags = ["contract", "reassoc", "nsz", "arcp", "afn"]
    one, two = (options.options(each, True, True) for each in (flags, flags[::-1]))
    assert pickle.dumps(one) == pickle.dumps(two)
    assert pickle.loads(pickle.dumps(one)) == one
    off = options.options(False, True, True, out=True)
    assert pickle.loads(pickle.dumps(off)) == off


def test_only_modules_of_generated_code_are_empty() -> None:
    name = "srcgrad_f_grad_0123456789abcdef"
    try:
        assert "bowl" not in vars(__import__(name))
    finally:
        sys.modules.pop(name, None)
    for other in ("srcgrad_f", "srcgrad.nothing", "srcgrad_0123456789abcdefg"):
        with pytest.raises(ModuleNotFoundError):
            __import__(other)
    made = modules.module(name)
    assert sys.modules.pop(name) is made
