"""Store: folders of files on disk, each found by a digest, complete or not there.

In: a digest and named bytes. Out: the same bytes in another process, or None.

Invariant: nothing is returned that was not written whole, by this user, as it is now: each
folder is built beside its place under a private name, synced, closed by a manifest with checksums,
and renamed; what does not match its manifest is set aside. No failure of the disk is an error.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import stat
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

MANIFEST = "manifest"
LIMIT = 512 * 1024 * 1024
"""Bytes that the folder may hold; ``SRCGRAD_CACHE_SIZE`` (in MB) is another limit."""

LEFTOVER = 3600.0
"""Seconds after which a private folder is taken for that of a killed process."""

SHARE = 1 / 64
"""The part of the limit that a process writes before it looks again whether there is too much."""

_warned: set[str] = set()
_unchecked: dict[Path, float] = {}


def folder() -> Path | None:
    """The user's cache folder, made if need be; None where there is none to be trusted."""
    if os.environ.get("SRCGRAD_CACHE") == "0":
        return None
    path = chosen_folder()
    try:
        _make(path)
        fault = distrust(path.lstat(), directory=True)
    except (OSError, RuntimeError):
        return None
    if fault:
        _warn(f"srcgrad does not use its cache folder {path}: it {fault}")
        return None
    return path


def chosen_folder() -> Path:
    """``SRCGRAD_CACHE_DIR``, else the platform's cache folder."""
    chosen = os.environ.get("SRCGRAD_CACHE_DIR")
    if chosen:
        return Path(chosen).absolute()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "srcgrad"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "srcgrad"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "srcgrad"


def read(digest: str) -> dict[str, bytes] | None:
    """The files under a digest; None where they are not there, whole and this user's."""
    root = folder()
    if root is None:
        return None
    place = root / digest
    if not os.path.lexists(place):
        return None
    try:
        files = _verified(place)
    except (OSError, ValueError, TypeError, AttributeError):
        set_aside(digest)
        return None
    with contextlib.suppress(OSError):
        os.utime(place)  # eviction goes by last use
    return files


def write(digest: str, files: Mapping[str, bytes]) -> bool:
    """Keep files under a digest, if the disk allows; the first writer's stay."""
    root = folder()
    if root is None:
        return False
    private = root / f".new-{os.getpid()}-{secrets.token_hex(8)}"
    try:
        private.mkdir(mode=0o700)
        private.chmod(0o700)
        for name, content in files.items():
            _write_file(private / name, content)
        _write_file(private / MANIFEST, _manifest(files))
        _sync(private)
        os.rename(private, root / digest)
        _sync(root)
        _evict_now_and_then(root, sum(map(len, files.values())))
    except OSError:
        shutil.rmtree(private, ignore_errors=True)
        return False
    return True


def set_aside(digest: str) -> None:
    """Take what is under a digest out of the way."""
    root = folder()
    if root is None:
        return
    with contextlib.suppress(OSError):
        aside = root / f".bad-{secrets.token_hex(8)}"
        os.rename(root / digest, aside)
        _remove(aside)


def distrust(status: os.stat_result, directory: bool) -> str:
    """Why a file or folder is not to be trusted; empty if it is."""
    expected = stat.S_ISDIR if directory else stat.S_ISREG
    if not expected(status.st_mode):
        return "is a symbolic link" if stat.S_ISLNK(status.st_mode) else "is not what it should be"
    if sys.platform == "win32":
        return ""
    if status.st_uid != os.geteuid():
        return "belongs to another user"
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "can be written by other users (chmod go-w makes it yours alone)"
    return ""


def _evict_now_and_then(root: Path, written: int) -> None:
    """Evict at a process's first write, and whenever it has written its share since."""
    _unchecked[root] = _unchecked.get(root, float("inf")) + written
    if _unchecked[root] > size_limit() * SHARE:
        evict(root)
        _unchecked[root] = 0.0


def size_limit() -> int:
    """The bytes that the folder may hold."""
    return int(float(os.environ.get("SRCGRAD_CACHE_SIZE", LIMIT / 1e6)) * 1e6)


def evict(root: Path) -> None:
    """Remove what was used longest ago while there is too much, and what killed writers left."""
    limit = size_limit()
    with _locked(root) as alone:
        if not alone:
            return
        entries = []
        for item in os.scandir(root):
            if item.name == ".lock":
                continue
            with contextlib.suppress(OSError):
                age = time.time() - item.stat(follow_symlinks=False).st_mtime
                if not item.name.startswith("."):
                    entries.append((age, _size(item.path), item.path))
                elif age > LEFTOVER:
                    _remove(Path(item.path))
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries, reverse=True):
            if total <= limit:
                return
            total -= size
            set_aside(os.path.basename(path))


@contextlib.contextmanager
def _locked(root: Path) -> Iterator[bool]:
    """Whether this process alone is clearing up; where locks are missing, renaming decides."""
    try:
        import fcntl
    except ImportError:
        yield True
        return
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    handle = os.open(root / ".lock", flags, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        yield False
    else:
        yield True
    finally:
        os.close(handle)


def _remove(path: Path) -> None:
    """Delete a folder, or the link or file that stands in its place."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _size(path: str) -> int:
    """The bytes in a folder."""
    return sum(item.stat(follow_symlinks=False).st_size for item in os.scandir(path))


def _make(path: Path) -> None:
    """Make a folder and those above it that are missing, for this user only."""
    if path.is_symlink() or path.is_dir():
        return
    if not path.parent.exists():
        _make(path.parent)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
        path.chmod(0o700)


def _manifest(files: Mapping[str, bytes]) -> bytes:
    """The checksums of the files, after their own."""
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    body = json.dumps(sums, sort_keys=True).encode()
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def _verified(place: Path) -> dict[str, bytes]:
    """The files that a manifest lists.

    Raises
    ------
    ValueError, OSError
        Where anything differs from it.
    """
    fault = distrust(place.lstat(), directory=True)
    if fault:
        raise ValueError(f"{place} {fault}")
    head, _, body = _read_file(place / MANIFEST).partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != head:
        raise ValueError("the manifest is damaged")
    files = {}
    for name, checksum in json.loads(body).items():
        content = _read_file(place / name)
        if hashlib.sha256(content).hexdigest() != checksum:
            raise ValueError(f"{name} is damaged")
        files[name] = content
    return files


def _read_file(path: Path) -> bytes:
    """A file's contents, where it is an ordinary file of this user's."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        fault = distrust(os.fstat(file.fileno()), directory=False)
        if fault:
            raise ValueError(f"{path} {fault}")
        return file.read()


def _write_file(path: Path, content: bytes) -> None:
    """Write a new file, for this user only, down to the disk."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        if hasattr(os, "fchmod"):
            os.fchmod(file.fileno(), 0o600)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(path: Path) -> None:
    """Make the names in a folder last."""
    if sys.platform == "win32":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _warn(message: str) -> None:
    """Say something once."""
    if message not in _warned:
        _warned.add(message)
        warnings.warn(message, RuntimeWarning, stacklevel=2)
