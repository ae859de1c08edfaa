"""Every example runs, and prints what its docstring promises."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "examples"


def run(name: str) -> str:
    """What the example prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", str(FOLDER / name)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def error(output: str) -> float:
    """The number that the examples print last: their distance from a reference."""
    found = re.findall(r"(?:difference|error): ([0-9.e+-]+)", output)
    assert found, output
    return max(map(float, found))


def test_lecture() -> None:
    output = run("lecture.py")
    assert "# Backward pass: compute grads" in output
    assert "0.7311" in output
    assert "-0.1966" in output


def test_rosenbrock() -> None:
    output = run("rosenbrock.py")
    assert error(output) < 1e-4


def test_digits() -> None:
    output = run("digits.py")
    accuracy = float(re.search(r"test accuracy: ([0-9.]+) %", output).group(1))
    assert accuracy >= 95.0


OTHERS = [
    "heat.py", "nbody.py", "rnn_loops.py", "rnn_numpy.py", "newton.py", "logistic_map.py",
    "ode_fit.py", "soft_dtw.py", "cholesky.py",
    "determinant.py",
]  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_other_examples(name: str) -> None:
    assert error(run(name)) < 1e-5


def test_all_examples_are_run() -> None:
    known = {"lecture.py", "rosenbrock.py", "digits.py", *OTHERS}
    assert {path.name for path in FOLDER.glob("*.py")} == known
