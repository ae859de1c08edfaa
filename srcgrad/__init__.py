"""Readable, compiled gradients of plain numeric Python."""

from .api import grad, value_and_grad
from .errors import (
    AliasingError,
    ArgumentError,
    CompileError,
    ShapeError,
    SourceMismatchError,
    SrcgradError,
    UndefinedError,
    UnsupportedError,
)

__all__ = [
    "AliasingError",
    "ArgumentError",
    "CompileError",
    "ShapeError",
    "SourceMismatchError",
    "SrcgradError",
    "UndefinedError",
    "UnsupportedError",
    "grad",
    "value_and_grad",
]
