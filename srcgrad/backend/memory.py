"""Memory: what a gradient frees stays with the process, for the next call.

In and out: nothing; the C library's allocator is brought into the state in which it is after a
large array has been freed.

The GNU C library asks the system for each larger array (over 128 KiB) and gives it back when it is
freed. The next call gets fresh pages, each of which costs an interruption when it is first touched,
about as long as a gradient takes to fill it. Once a larger array is freed, though, the library
takes it that arrays up to this size come and go, and keeps their memory, up to twice that size
(``mallopt(3)``, the dynamic threshold). So one array of the largest size that counts, 32 MiB, is
made and freed; it is never touched, so that no memory is taken.

Invariant: nothing is set: who has chosen thresholds (``MALLOC_TRIM_THRESHOLD_``, ``mallopt``)
keeps them, and other allocators see an array that comes and goes.
"""

from __future__ import annotations

import functools

import numpy as np

LARGEST = 2**25 - 2**13
"""Bytes: with what the library adds, not more than the 32 MiB above which it ignores sizes."""


@functools.cache
def keep_what_is_freed() -> None:
    """Make and free an array, once in a process."""
    np.empty(LARGEST, np.uint8)
