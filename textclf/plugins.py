"""Parts from outside this package: plug-in files, and the entry points of installed packages.

A plug-in is one Python file that registers parts, as ``POOLINGS.register("mine", MyPooling)``. It may import installed
packages, but no file of its own folder, because only its content is sent to other processes and machines.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import entry_points
from pathlib import Path
from traceback import walk_tb
from types import ModuleType
from typing import Any

from textclf.errors import ConfigurationError, PartError, TextclfError
from textclf.paths import user_path

MODULE = "textclf_plugin_"  # the module name of each plug-in starts with this
EXAMPLE = 'from textclf.encoders.poolings import POOLINGS and POOLINGS.register("mine", MyPooling)'


@dataclass(frozen=True)
class Plugin:
    """A plug-in file.

    Attributes
    ----------
    name : str
        The file's name without its folder.
    content : bytes
    """

    name: str
    content: bytes

    @cached_property
    def sha256(self) -> str:
        """The hash of the file, which is part of the fingerprint of the runs that use it."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def module(self) -> str:
        """The name of the file as a Python module."""
        return f"{MODULE}{self.sha256[:16]}"

    def __str__(self) -> str:
        return f"plug-in {self.name}"


@dataclass(frozen=True)
class Package:
    """An installed package whose entry points are parts."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"package {self.name} {self.version}"


Origin = Plugin | Package
Parts = list[tuple[Any, str]]  # (registry, name)
_loaded: dict[Plugin, Parts] = {}
_loading: list[tuple[Plugin, Parts]] = []


def load_plugin(path: str | Path) -> Plugin:
    """Import a plug-in file, so that its parts can be used by their names; a loaded file is not imported again.

    Raises
    ------
    ConfigurationError
        If the file cannot be read or imported, or if it registers no part.
    """
    path = user_path(path)
    try:
        plugin = Plugin(path.name, path.read_bytes())
    except FileNotFoundError:
        raise ConfigurationError(f"plug-in {path}: there is no such file") from None
    except OSError as error:
        raise ConfigurationError(f"plug-in {path}: cannot be read ({error.strerror})") from None
    activate(plugin, str(path))
    return plugin


def activate(plugin: Plugin, path: str | None = None) -> None:
    """Import a plug-in from its content, once in each process; error messages show ``path``.

    Raises
    ------
    ConfigurationError
        If it cannot be imported, or if it registers no part; then none of its parts stays registered.
    """
    if plugin in _loaded:
        return
    path = path or plugin.name
    if plugin.name in {other.name for other in _loaded}:
        raise ConfigurationError(
            f"plug-in {path}: another file of this name is loaded; rename this one, or call unload_plugins() first"
        )
    parts: Parts = []
    _loading.append((plugin, parts))
    module = sys.modules[plugin.module] = ModuleType(plugin.module)
    module.__file__ = path
    try:
        exec(compile(plugin.content, path, "exec"), module.__dict__)
        if not parts:
            raise ConfigurationError(f"registers no part; write {EXAMPLE}, for example")
    except BaseException as error:
        _remove(plugin, parts)
        if isinstance(error, (Exception, SystemExit)):
            raise _readable(error, path) from error
        raise
    finally:
        _loading.pop()
    _loaded[plugin] = parts


def loaded_plugins() -> tuple[Plugin, ...]:
    """Return the plug-ins of this process, in the order of loading."""
    return tuple(_loaded)


def unload_plugins() -> None:
    """Remove every plug-in and its parts, so that a changed file can be loaded again."""
    for plugin, parts in _loaded.items():
        _remove(plugin, parts)
    _loaded.clear()


def _remove(plugin: Plugin, parts: Parts) -> None:
    for registry, name in parts:
        registry.unregister(name)
    sys.modules.pop(plugin.module, None)


def _readable(error: BaseException, path: str) -> ConfigurationError:
    """Return the error of a plug-in's import, with the line of the file."""
    lines = [line for _, line in _own_frames(error)]
    message = str(error) if isinstance(error, ConfigurationError) else f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError) and error.filename == path:
        lines, message = [error.lineno or 1], error.msg
    return ConfigurationError(f"plug-in {path}{f', line {lines[-1]}' if lines else ''}: {message}")


@contextmanager
def readable_errors() -> Iterator[None]:
    """Convert an error that passes through a plug-in's code to a `PartError`, with the file and the line.

    Other errors, and errors that a user can cause, are raised unchanged.
    """
    try:
        yield
    except TextclfError:
        raise
    except Exception as error:
        if _own_frames(error):
            raise PartError(described(error)) from error
        raise


def described(error: BaseException) -> str:
    """Return an error's text with the file and the line that raised it; in a plug-in, with the plug-in's line."""
    if isinstance(error, TextclfError):
        return str(error)
    file, line = (_own_frames(error) or [(f.f_code.co_filename, n) for f, n in walk_tb(error.__traceback__)])[-1]
    return f"{type(error).__name__}: {error} ({Path(file).name}, line {line})"


def _own_frames(error: BaseException) -> list[tuple[str, int]]:
    """Return the file and the line of each call in a plug-in's code that led to an error."""
    return [
        (frame.f_code.co_filename, line)
        for frame, line in walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__")).startswith(MODULE)
    ]


def record_part(registry: Any, name: str) -> Plugin | None:
    """Record a part of the plug-in that is being loaded, and return this plug-in; return None if there is none."""
    if not _loading:
        return None
    plugin, parts = _loading[-1]
    parts.append((registry, name))
    return plugin


def check_loaded(recorded: Mapping[str, str], what: str) -> None:
    """Check that the recorded plug-ins are loaded; only the content of their files counts, not the name.

    Parameters
    ----------
    recorded : mapping
        File name to sha256.
    what : str
        The object that needs the plug-ins; its name begins the error message.

    Raises
    ------
    ConfigurationError
        If a plug-in is not loaded; the message names it and the loaded plug-ins.
    """
    loaded = {plugin.sha256: plugin.name for plugin in loaded_plugins()}
    for sha256, name in ((sha256, name) for name, sha256 in recorded.items() if sha256 not in loaded):
        others = ", ".join(f"{other} (sha256 {sha256[:12]}…)" for sha256, other in loaded.items()) or "none"
        raise ConfigurationError(
            f"{what}: needs the plug-in {name} (sha256 {sha256[:12]}…), loaded: {others}; if you trust that file, give "
            "it with --plugin FILE, or in Python with textclf.plugins.load_plugin(FILE)"
        )


def entry_points_of(group: str) -> Iterator[tuple[str, str, Package]]:
    """Yield the entry points of a group without importing them: part name, ``"module:Class"``, package."""
    for point in entry_points(group=group):
        package = Package("?", "?") if point.dist is None else Package(point.dist.name, point.dist.version)
        yield point.name, point.value, package
