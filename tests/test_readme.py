"""The README's Python blocks run, in order, and print what is shown below them."""

import linecache
import re
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.readme import measured, parts, section

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text()
BLOCK = re.compile(r"^```python\n(.*?)^```\n+(?:^```text\n(.*?)^```)?", re.MULTILINE | re.DOTALL)
BLOCKS = [(m.group(1), m.group(2)) for m in BLOCK.finditer(TEXT)]


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_block(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    code, shown = BLOCKS[number]
    filename = f"<README block {number}>"
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {"__name__": "readme"}
    exec(compile(code, filename, "exec"), namespace)
    if shown is not None:
        assert capsys.readouterr().out == shown


def test_there_are_blocks() -> None:
    assert len(BLOCKS) >= 4
    assert TEXT.count("```python") == len(BLOCKS)


def test_table_of_the_benchmark() -> None:
    """It is the one that the kept measurement gives (``python -m tests.benchmarks.readme``)."""
    assert parts(TEXT)[1] == section(measured())
    assert (ROOT / "tests/benchmarks/measured/ratios.png").exists()


def test_first_screen() -> None:
    """What it is, the lecture's function, its gradient and the two commands come first."""
    screen = "\n".join(TEXT.splitlines()[:75])
    assert "# Backward pass: compute grads" in screen
    assert "grad_w1 = grad_s1 * x1" in screen
    commands = re.findall(r"^python -m pip install -e \S+ && python .*$", screen, re.MULTILINE)
    assert len(commands) == 2
    assert commands[0].endswith("python examples/lecture.py")
    assert commands[1].endswith("python -m pytest")
