# mypy: disable-error-code="no-untyped-def,no-untyped-call"
"""Overlap: whether two arrays may share memory, for listings that write into the caller's arrays.

In: two arrays. Out: a truth value. Invariant: as ``np.may_share_memory``: False only where no
element is shared. It compares the distance between the arrays: of two slices of one array LLVM
knows it, and the test costs nothing.
"""

from .bare_names import support


def overlap(a, b):
    """Whether two arrays may share memory: the distance between them is less than they reach."""
    if a.size == 0 or b.size == 0:
        return False
    low_a, high_a, low_b, high_b = 0, a.itemsize, 0, b.itemsize
    for k in range(a.ndim):
        reach = (a.shape[k] - 1) * a.strides[k]
        low_a, high_a = low_a + min(reach, 0), high_a + max(reach, 0)
    for k in range(b.ndim):
        reach = (b.shape[k] - 1) * b.strides[k]
        low_b, high_b = low_b + min(reach, 0), high_b + max(reach, 0)
    distance = int(b.ctypes.data) - int(a.ctypes.data)
    return low_a < distance + high_b and distance + low_b < high_a


support(overlap, "overlap", "a, b", derivative=False)
