"""The folder that compiled gradients are kept in: real files, real damage, real permissions."""

import errno
import os
import random
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from srcgrad.backend import store

FILES = {"code": bytes(range(256)) * 20, "record": b'{"name": "f"}'}
DIGEST = "0123abcd"

posix = pytest.mark.skipif(sys.platform == "win32", reason="permissions as POSIX has them")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder that is not there yet."""
    monkeypatch.setenv("SRCGRAD_CACHE_DIR", str(tmp_path / "above" / "cache"))
    monkeypatch.setattr(store, "_warned", set())
    return tmp_path / "above" / "cache"


def names(root: Path) -> list[str]:
    return sorted(p.name for p in root.iterdir() if p.name != ".lock")


def test_what_is_written_is_read(root: Path) -> None:
    assert store.read(DIGEST) is None
    assert store.write(DIGEST, FILES)
    assert store.read(DIGEST) == FILES
    assert store.read("fedc") is None


def test_first_writer_stays(root: Path) -> None:
    store.write(DIGEST, FILES)
    assert not store.write(DIGEST, {"code": b"another"})
    assert store.read(DIGEST) == FILES
    assert names(root) == [DIGEST]


@posix
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o377])
def test_only_the_user_may_look(root: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        store.write(DIGEST, FILES)
    finally:
        os.umask(before)
    for path in [root.parent, root, *root.rglob("*")]:
        wanted = 0o700 if path.is_dir() else 0o600
        if path.name != ".lock":
            assert stat.S_IMODE(path.stat().st_mode) == wanted, path


def test_every_flipped_bit_is_noticed(root: Path) -> None:
    chance = random.Random(0)
    for name in (*FILES, store.MANIFEST):
        for _ in range(40):
            store.write(DIGEST, FILES)
            path = root / DIGEST / name
            content = bytearray(path.read_bytes())
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            path.write_bytes(content)
            assert store.read(DIGEST) is None, name
            assert names(root) == [], "what is damaged is set aside"


@pytest.mark.parametrize("name", [*FILES, store.MANIFEST])
@pytest.mark.parametrize("harm", ["truncated", "empty", "missing", "folder"])
def test_damaged_files_are_noticed(root: Path, name: str, harm: str) -> None:
    store.write(DIGEST, FILES)
    path = root / DIGEST / name
    content = path.read_bytes()
    path.unlink()
    if harm == "folder":
        path.mkdir()
    elif harm != "missing":
        path.write_bytes(content[: len(content) // 2] if harm == "truncated" else b"")
    assert store.read(DIGEST) is None
    assert store.write(DIGEST, FILES)
    assert store.read(DIGEST) == FILES


@pytest.mark.parametrize("point", range(1, 6))
def test_killed_writer(root: Path, point: int) -> None:
    """A process that is killed at its n-th sync leaves a whole entry or none."""
    script = f"""
import os, signal
from srcgrad.backend import store
count, sync = 0, os.fsync
def fsync(handle):
    global count
    count += 1
    if count == {point}:
        os.kill(os.getpid(), signal.SIGKILL)
    sync(handle)
os.fsync = fsync
store.write({DIGEST!r}, {FILES!r})
"""
    done = subprocess.run([sys.executable, "-c", script], timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert store.read(DIGEST) in (None, FILES)
    store.write(DIGEST, FILES)
    assert store.read(DIGEST) == FILES
    for left in root.glob(".new-*"):
        os.utime(left, (0, 0))
    store.evict(root)
    assert names(root) == [DIGEST], "leftovers are cleared away"


@posix
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777 | stat.S_ISVTX])
def test_folder_that_others_can_write(root: Path, mode: int) -> None:
    store.write(DIGEST, FILES)
    root.chmod(mode)
    with pytest.warns(RuntimeWarning, match="can be written by other users"):
        assert store.read(DIGEST) is None
    assert not store.write("fedc", FILES)  # and it is said only once
    root.chmod(0o700)
    assert store.read(DIGEST) == FILES
    assert names(root) == [DIGEST]


@posix
def test_linked_folder(root: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    root.parent.mkdir()
    root.symlink_to(elsewhere)
    with pytest.warns(RuntimeWarning, match="symbolic link"):
        assert not store.write(DIGEST, FILES)
    assert list(elsewhere.iterdir()) == []


@posix
def test_folder_of_another_user(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write(DIGEST, FILES)
    monkeypatch.setattr(os, "geteuid", lambda: root.stat().st_uid + 1)
    with pytest.warns(RuntimeWarning, match="belongs to another user"):
        assert store.read(DIGEST) is None


@posix
@pytest.mark.parametrize("name", ["", "code"])
def test_planted_entry(root: Path, tmp_path: Path, name: str) -> None:
    """A link is not followed."""
    store.write(DIGEST, FILES)
    path = root / DIGEST / name
    moved = tmp_path / "moved"
    path.rename(moved)
    path.symlink_to(moved)
    assert store.read(DIGEST) is None
    assert moved.exists()
    assert names(root) == []


@posix
@pytest.mark.parametrize("name", ["", "code"])
def test_entry_that_others_can_write(root: Path, name: str) -> None:
    store.write(DIGEST, FILES)
    (root / DIGEST / name).chmod(0o777)
    assert store.read(DIGEST) is None


@posix
@pytest.mark.skipif(sys.platform != "win32" and os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_folder(root: Path) -> None:
    store.write(DIGEST, FILES)
    root.chmod(0o500)
    assert store.read(DIGEST) == FILES
    assert not store.write("fedc", FILES)
    root.chmod(0o700)


def test_no_folder_can_be_made(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root.parent.write_text("a file stands where the folder would be")
    assert store.folder() is None
    assert not store.write(DIGEST, FILES)
    assert store.read(DIGEST) is None


@pytest.mark.parametrize("call", ["fsync", "mkdir", "rename", "fdopen"])
def test_full_disk(root: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    store.folder()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        assert not store.write(DIGEST, FILES)
    assert store.read(DIGEST) is None
    assert names(root) == []
    assert store.write(DIGEST, FILES)


def test_what_was_used_longest_ago_goes_first(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for k in range(4):
        store.write(f"entry{k}", FILES)
        os.utime(root / f"entry{k}", (1000.0 + k, 1000.0 + k))
    assert store.read("entry0") == FILES  # used just now
    size = sum(p.stat().st_size for p in (root / "entry0").iterdir())
    monkeypatch.setenv("SRCGRAD_CACHE_SIZE", str(3.5 * size / 1e6))
    store.write("entry4", FILES)
    assert names(root) == ["entry0", "entry3", "entry4"]


def test_switched_off(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCGRAD_CACHE", "0")
    assert not store.write(DIGEST, FILES)
    assert not root.exists()
