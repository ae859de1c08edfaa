"""The page of rules is that of the tables, and names all that they have."""

from srcgrad.rules import patterns
from srcgrad.rules.page import PAGE, page, section


def test_the_page_is_current():
    """If not: ``python -m srcgrad.rules.page``."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_public_function_is_there():
    text = page()
    for name in patterns.RULES:
        if name.startswith(("np.", "math.")):
            assert f"| `{name}(" in text, name
    assert section("unbroadcast") is None
    assert "| `np.tanh(x)` | `grad_x += grad_z * (1 - z * z)` |  |" in text
    assert "| `np.isnan(x)` | 0 | no gradient: constant, or in steps |" in text
