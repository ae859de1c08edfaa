"""What srcgrad refuses, said so that the reader can mend it.

In: where the trouble is (a ``Place``), the reason and the advice. Out: an exception of
one of the kinds below, whose text shows file, line, the offending source with a caret,
why it cannot be differentiated and what to write instead.

Invariant: every error that a user of srcgrad can cause derives from ``SrcgradError`` and
also from the built-in exception that people would catch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A spot in the user's source: what an error points at."""

    filename: str
    line: int
    column: int = 0
    text: str = ""

    def show(self) -> str:
        """File and line, then the source line with a caret under the column."""
        head = f'  File "{self.filename}", line {self.line}'
        if not self.text.strip():
            return head
        indent = len(self.text) - len(self.text.lstrip())
        caret = " " * max(self.column - indent, 0) + "^"
        return f"{head}\n    {self.text.strip()}\n    {caret}"


@dataclass(frozen=True)
class Complaint:
    """One thing that is refused: where, why, and what to write instead."""

    place: Place | None
    reason: str
    advice: str = ""

    def show(self) -> str:
        """The complaint as text, one block."""
        lines = [self.place.show()] if self.place else []
        lines.append(f"  {self.reason}")
        if self.advice:
            lines.append(f"  Instead: {self.advice}")
        return "\n".join(lines)


class SrcgradError(Exception):
    """Base of everything that srcgrad raises.

    Attributes
    ----------
    complaints : tuple of Complaint
        Every offending place, in source order.
    """

    def __init__(self, complaints: Sequence[Complaint] | Complaint | str) -> None:
        if isinstance(complaints, str):
            complaints = (Complaint(None, complaints),)
        elif isinstance(complaints, Complaint):
            complaints = (complaints,)
        self.complaints = tuple(complaints)
        super().__init__("\n" + "\n".join(c.show() for c in self.complaints))

    def __reduce__(self) -> tuple[type, tuple[tuple[Complaint, ...]]]:
        return (type(self), (self.complaints,))


class UnsupportedError(SrcgradError, NotImplementedError):
    """Syntax or a function that cannot be differentiated."""


class UndefinedError(UnsupportedError, NameError):
    """A name that nothing has defined when the gradient is derived."""


class SourceMismatchError(SrcgradError, RuntimeError):
    """The source text that was found is missing, or is not what the function was compiled from."""


class AliasingError(SrcgradError, ValueError):
    """Two arguments share memory and the primal writes to one of them."""


class ArgumentError(SrcgradError, TypeError):
    """A bad ``wrt``, a wrong kind of argument, or a result that is not a scalar."""


class ShapeError(SrcgradError, ValueError):
    """Shapes that do not fit together."""


class CompileError(SrcgradError, RuntimeError):
    """Numba refused the generated code: shown with the user's line."""


BROADCAST = "operands are broadcast: that version is not compiled yet"
"""What compiled code raises where it is the version for operands that are not broadcast."""
