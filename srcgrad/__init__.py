"""Readable, compiled gradients of plain numeric Python."""

from .api import grad, value_and_grad
from .custom import gate
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
from .gates import stop_gradient

__all__ = [
    "AliasingError",
    "ArgumentError",
    "CompileError",
    "ShapeError",
    "SourceMismatchError",
    "SrcgradError",
    "UndefinedError",
    "UnsupportedError",
    "gate",
    "grad",
    "stop_gradient",
    "value_and_grad",
]
