"""Writing files so that a file under its name is always whole: the old content or the new."""

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
    """Write a file such that an older one stays until the new content is whole, also if anything fails.

    Parameters
    ----------
    path : Path
        A symbolic link is followed; the mode of an older file is kept. No folder is made.
    data : bytes
    sync : bool, default=True
        Whether to wait until the disk has stored it. Otherwise, the file may be missing or empty after a power cut.

    Raises
    ------
    OSError
        The file cannot be written.

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
    """Raise the OSError that writing a file would raise, as far as that can be known; nothing is changed.

    Parameters
    ----------
    path : Path

    Examples
    --------
    >>> check_file(Path("/no/such/folder/a.txt"))
    Traceback (most recent call last):
    FileNotFoundError: ...there is no folder '/no/such/folder' (mkdir -p /no/such/folder makes it)
    """
    target = resolve(path)
    if target.exists():
        if not stat.S_ISREG(target.stat().st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EISDIR) if target.is_dir() else "it is not a plain file")
        os.close(os.open(target, os.O_WRONLY))
    check_folder(target.parent)


def check_folder(folder: Path) -> None:
    """Raise the OSError that making a file in a folder would raise; found by making one, as access rights do not tell enough.

    Parameters
    ----------
    folder : Path

    Examples
    --------
    >>> check_folder(Path("/no/such/folder"))
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] No such file or directory: ...
    """
    probe = temporary(folder)
    open(probe, "xb").close()
    probe.unlink(missing_ok=True)


def resolve(path: Path) -> Path:
    """Follow the symbolic links of a path whose folder exists.

    Parameters
    ----------
    path : Path

    Raises
    ------
    OSError
        A link leads nowhere, or the folder above does not exist.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     (Path(folder) / "link").symlink_to("a.txt")
    ...     resolve(Path(folder) / "link")
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] it is a link to 'a.txt', which does not exist
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
    """Lock a folder against other processes of autotext, and remove files that a killed one left unfinished.

    Parameters
    ----------
    folder : Path

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     temporary(Path(name)).write_text("unfinished")
    ...     with locked(Path(name)):
    ...         list(Path(name).iterdir())
    10
    []
    """
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
    """Lock an open file or folder until it is closed; False if another process holds the lock.

    A file system without locks, as on some network drives, counts as locked by this process.

    Parameters
    ----------
    descriptor : int
    wait : bool, default=True
        Whether to wait until the other process releases it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryFile() as file:
    ...     lock(file.fileno(), wait=False)
    True
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
    """Replace a file like `write_file`, for a caller that has resolved the path and locked the folder.

    Parameters
    ----------
    path : Path
    data : bytes
    sync : bool, default=True
        Whether to wait until the disk has stored the content.
    """
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
    """Make up a path in a folder that does not exist yet, with a name that only this module uses.

    Parameters
    ----------
    folder : Path

    Examples
    --------
    >>> is_temporary(temporary(Path("folder")).name), is_temporary("notes.tmp")
    (True, False)
    """
    return folder / f".autotext-{os.urandom(8).hex()}.tmp"


def is_temporary(name: str) -> bool:
    """Whether a file name is one of `temporary`.

    Parameters
    ----------
    name : str
    """
    return _TEMPORARY.fullmatch(name) is not None


def remove_leftovers(folder: Path) -> None:
    """Remove files under temporary names; the folder must be locked, so that no process is still writing them.

    Parameters
    ----------
    folder : Path
    """
    for path in folder.iterdir():
        if is_temporary(path.name):
            remove(path)


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder, as far as that is possible.

    Parameters
    ----------
    path : Path

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     (Path(folder) / "a" / "b").mkdir(parents=True)
    ...     remove(Path(folder) / "a")
    ...     list(Path(folder).iterdir())
    []
    """
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()


def sync_to_disk(path: Path) -> None:
    """Wait until the disk has stored the content of a file, or the names of the files in a folder.

    Parameters
    ----------
    path : Path
    """
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
