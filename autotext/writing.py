"""Files that are whole under their name at every instant: as they were, or as they shall be."""

from __future__ import annotations

import errno
import os
import re
import shlex
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_TEMPORARY = re.compile(r"\.autotext-[0-9a-f]{16}\.tmp")


def write_file(path: Path, data: bytes, sync: bool = True) -> None:
    """Write a file: until it is whole, an older one of that name stays, and so it does if anything fails.

    Parameters
    ----------
    path : Path
        A symbolic link is followed; the mode of an older file is kept. No folder is made.
    data : bytes
    sync : bool, default=True
        Wait until the disk has it. Without, the file may be missing or empty after a power cut.

    Raises
    ------
    OSError
        It cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_file(Path(folder, "a.txt"), b"old")
    ...     write_file(Path(folder, "a.txt"), b"new")
    ...     [(path.name, path.read_bytes()) for path in Path(folder).iterdir()]
    [('a.txt', b'new')]
    """
    target = resolve(path)
    with locked(target.parent):
        replace_file(target, data, sync)
    if sync:
        sync_to_disk(target.parent)


def check_file(path: Path) -> None:
    """Raise the OSError that writing a file would end with, as far as that can be known; nothing is changed."""
    target = resolve(path)
    if target.exists():
        if not stat.S_ISREG(target.stat().st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EISDIR) if target.is_dir() else "it is not a plain file")
        os.close(os.open(target, os.O_WRONLY))
    check_folder(target.parent)


def check_folder(folder: Path) -> None:
    """Raise the OSError that making a file in a folder ends with: rights alone do not tell, root and read-only disks differ."""
    probe = temporary(folder)
    open(probe, "xb").close()
    probe.unlink(missing_ok=True)


def resolve(path: Path) -> Path:
    """Where a path leads once symbolic links are followed.

    Raises
    ------
    OSError
        A link leads nowhere, or the folder above does not exist.
    """
    if path.is_symlink() and not path.exists():
        raise FileNotFoundError(errno.ENOENT, f"it is a link to {os.readlink(path)!r}, which does not exist")
    target = Path(os.path.realpath(path))
    if not target.parent.exists():
        raise FileNotFoundError(errno.ENOENT, f"there is no folder {str(path.parent)!r} (mkdir -p "
                                f"{shlex.quote(str(path.parent))} makes it)")
    return target


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes of autotext from writing into a folder, and remove what a killed one left half written."""
    descriptor = _open(folder)
    if descriptor is None:
        yield
        return
    try:
        lock(descriptor)
        remove_leftovers(folder)
        yield
    finally:
        os.close(descriptor)


def lock(descriptor: int, wait: bool = True) -> bool:
    """Lock an open file or folder until it is closed; False if another process holds it.

    Where there are no locks, as on some network drives, it counts as locked.
    """
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def replace_file(path: Path, data: bytes, sync: bool = True) -> None:
    """`write_file` for who has resolved the path and locked the folder."""
    beside = temporary(path.parent)
    try:
        with open(beside, "xb") as file:
            if path.exists():
                shutil.copymode(path, beside)
            file.write(data)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        remove(beside)
        raise


def temporary(folder: Path) -> Path:
    """A path in a folder under which nothing stands, with a name that only this module gives."""
    return folder / f".autotext-{os.urandom(8).hex()}.tmp"


def is_temporary(name: str) -> bool:
    """Whether `temporary` made a name."""
    return _TEMPORARY.fullmatch(name) is not None


def remove_leftovers(folder: Path) -> None:
    """Remove what stands under temporary names; only while the folder is locked, nobody is still writing it."""
    for path in folder.iterdir():
        if is_temporary(path.name):
            remove(path)


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder, as far as that is possible."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()


def sync_to_disk(path: Path) -> None:
    """Wait until the disk has the content of a file, or the names of the files in a folder."""
    descriptor = _open(path)
    if descriptor is None:
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some file systems cannot do this for folders.
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)


def _open(path: Path) -> int | None:
    try:
        return os.open(path, os.O_RDONLY)
    except PermissionError:  # Not all that may be written may be read; on Windows no folder can be opened.
        return None
