"""The parts that exist: textclf's own, entry points and plug-ins. A part is imported when it is used."""

from __future__ import annotations

import logging
import re
from collections import ChainMap
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from textclf.errors import ConfigurationError, did_you_mean
from textclf.plugins import Origin, entry_points_of, record_part

NAME, PLACE = r"[a-z][a-z0-9_]*", r"\w+(\.\w+)*:\w+"
log = logging.getLogger("textclf")


class Catalogue:
    """The parts of one kind, by name.

    Parameters
    ----------
    kind : str
        The word for such a part in messages, for example ``"score"``.
    parts : mapping
        Maps each name to a class or to the place of a class, ``"module:Class"``.
    group : str, optional
        The group of entry points that are parts too, for example ``"textclf.scores"``.
    """

    def __init__(self, kind: str, parts: Mapping[str, Any], group: str = "") -> None:
        self.kind, self.group = kind, group
        self._own: dict[str, Any] = dict(parts)
        self._built_in = frozenset(parts)
        self._origins: dict[str, Origin] = {}
        self._entry_points_read = False
        self._members: tuple[Any, ...] = (self,)
        self._namespaces: list[Catalogue] = [self]  # this registry and its unions: a name is unique in each

    @property
    def _parts(self) -> Mapping[str, Any]:
        return ChainMap(*(member._known() for member in self._members))

    def _known(self) -> dict[str, Any]:
        """Return the parts, including those of entry points; entry points are read at the first use."""
        if self.group and not self._entry_points_read:
            self._entry_points_read = True
            for name, place, package in entry_points_of(self.group):
                try:
                    self._add(name, place, package)
                except ConfigurationError as error:
                    log.warning("the entry point %s of the %s is ignored: %s", name, package, error)
        return self._own

    def register(self, name: str, part: Any) -> None:
        """Add a part: its class, or the place of its class in the form ``"module:Class"``.

        Raises
        ------
        ConfigurationError
            If the name is in use or is not a lower-case identifier, if the part is neither a class nor such a place, or
            if this is a union of registries.
        """
        if self._members != (self,):
            groups = ", ".join(member.group for member in self._members)
            raise ConfigurationError(f"{self.kind} {name}: register it with the registry of its group, one of {groups}")
        self._add(name, part, None)
        plugin = record_part(self, name)
        if plugin is not None:
            self._origins[name] = plugin

    def unregister(self, name: str) -> None:
        """Remove a part that was registered."""
        del self._own[name]
        self._origins.pop(name, None)

    def _add(self, name: str, part: Any, origin: Origin | None) -> None:
        if not isinstance(name, str) or not re.fullmatch(NAME, name):
            raise ConfigurationError(
                f"the name of a {self.kind}: expected lower-case letters, digits and _, a letter first, not {name!r}"
            )
        if not isinstance(part, type | ModuleType) and not (isinstance(part, str) and re.fullmatch(PLACE, part)):
            raise ConfigurationError(f'{self.kind} "{name}": expected a class or "module:Class", not {part!r}')
        for registry in self._namespaces:
            if name in registry:
                raise ConfigurationError(
                    f'the {self.kind} "{name}" exists already ({registry.origin(name) or registry.module(name)}); '
                    "choose another name"
                )
        self._own[name] = part
        if origin is not None:
            self._origins[name] = origin

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._parts

    def __getitem__(self, name: str) -> Any:
        """Return the part's class, or raise `ConfigurationError` with a suggestion if the name is unknown."""
        if name not in self:
            raise ConfigurationError(f'there is no {self.kind} "{name}"; {did_you_mean(str(name), self)}')
        part = self._parts[name]
        if not isinstance(part, str):
            return part
        module, _, attribute = part.partition(":")
        try:
            return getattr(import_module(module), attribute) if attribute else import_module(module)
        except Exception as error:
            origin = self.origin(name)
            if origin is None:
                raise
            raise ConfigurationError(
                f'{self.kind} "{name}" of the {origin} cannot be imported from {part} '
                f"({type(error).__name__}: {error}); repair or remove the package"
            ) from error

    def origin(self, name: str) -> Origin | None:
        """Return the plug-in or package of a part; None for parts of textclf and of the running program."""
        for member in self._members:
            if name in member._known():
                return member._origins.get(name)
        return None

    def is_outside(self, name: str) -> bool:
        """Return whether a part comes from outside textclf."""
        return not any(name in member._built_in for member in self._members)

    def module(self, name: str) -> str:
        """Return the name of the module that holds a part."""
        part = self._parts[name]
        if isinstance(part, str):
            return part.partition(":")[0]
        return part.__name__ if isinstance(part, ModuleType) else part.__module__

    def summary(self, name: str) -> str:
        """Return the first line of the docstring of a part's class; empty for a part that is not imported yet."""
        part = self._parts[name]
        return "" if isinstance(part, str) else (vars(part).get("__doc__") or "").strip().partition("\n")[0]

    def unite(self, *others: Catalogue) -> None:
        """Become the union of other catalogues."""
        self._members = tuple(member for other in others for member in other._members)
        for member in self._members:
            member._namespaces.append(self)
