"""Registries: the parts of one kind with their options.

A part of textclf is one file with its options, its formula and its docstring; the part's name is the file's name. A
part is a class with a nested ``Options``. If an option holds another part, its default is a ``slot`` of that part's
registry. Users address the options of an inner part by a path (``pooling.score``); `unflatten` converts paths to nested
options, and `flatten` converts them back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from textclf.bounds import shown
from textclf.catalogue import Catalogue
from textclf.errors import ConfigurationError, Problem, did_you_mean


class PartOptions(BaseModel):
    """Base class of a part's options; each part derives its own ``Options`` from it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    part: str = ""  # the part's name, set by its registry


class Registry(Catalogue):
    """The parts of one kind and their options; `Catalogue` describes the parameters."""

    def __or__(self, other: Registry) -> Registry:
        """Return the union: the parts of both registries, including parts that are registered later."""
        union = Registry(self.kind, {})
        union.unite(self, other)
        return union

    def options_class(self, name: str) -> type[PartOptions]:
        """Return the class of a part's options, as the registry of the part defines it.

        Raises
        ------
        ConfigurationError
            If there is no such part, or if its class has no nested class ``Options``.
        """
        for member in self._members:
            if member is not self and name in member:
                return member.options_class(name)
        part = self[name]
        if not hasattr(part, "Options"):
            raise ConfigurationError(
                f'{self.kind} "{name}": its class has no nested class Options; write "class Options(PartOptions): pass"'
            )
        return part.Options

    def parts_in(self, options: PartOptions) -> Iterator[tuple[Registry, str]]:
        """Yield the part that ``options`` describe and all parts inside it, as (registry, name)."""
        yield self, options.part
        for key, field_info in type(options).model_fields.items():
            if isinstance(field_info.default, Slot):
                yield from field_info.default.registry.parts_in(getattr(options, key))

    def options(
        self, name: str, values: Mapping[str, Any] | None = None, path: str = "", beside: Iterable[str] = ()
    ) -> Any:
        """Return the validated ``Options`` of part ``name``; options without a value have the part's defaults.

        Parameters
        ----------
        name : str
        values : mapping, optional
            Option to value, nested as `unflatten` returns it.
        path : str, default ""
            A prefix of the option's name in messages, as ``"pooling."``.
        beside : iterable of str
            Other keys that are allowed at this place; a message may suggest them for a misspelt key.

        Raises
        ------
        ConfigurationError
            With all problems, of this part and of the parts inside it.
        """
        part_options, values = self.options_class(name), dict(values or {})
        known = [key for key in part_options.model_fields if key != "part"]
        problems = [
            Problem(path + key, f'{self.kind} "{name}" takes no such option; {did_you_mean(key, known, beside)}')
            for key in values
            if key not in known
        ]
        chosen = {key: value for key, value in values.items() if key in known}
        for key in known:
            slot = part_options.model_fields[key].default
            if isinstance(slot, Slot):
                try:
                    chosen[key] = slot.fill(chosen.pop(key, {}), f"{path}{key}")
                except ConfigurationError as error:
                    problems += error.problems
        try:
            options = part_options(**chosen, part=name)
        except ValidationError as error:
            problems += problems_of(error, path)
        if problems:
            raise ConfigurationError(problems)
        return options

    def build(self, options: PartOptions | str, *args: Any, **more: Any) -> Any:
        """Build a part. Its constructor receives each option of the part's ``Options`` as a keyword.

        Parameters
        ----------
        options : PartOptions or str
            The options, which hold the part's name in ``part``; or the name alone, for the part's defaults.
        *args, **more
            Arguments of the constructor that are not options, such as sizes.
        """
        options = self.options(options) if isinstance(options, str) else options
        part = self[options.part]
        keywords = {key: getattr(options, key) for key in part.Options.model_fields if key != "part"}
        return part(*args, **keywords, **more)

    def slot(self, default: str, *, named: str = "", **options: Any) -> Any:
        """Return the default of an option that holds a part of this registry; ``options`` replace the part's defaults.

        The part's name stands at the option's own path (``pooling: mean``); with ``named``, at a path inside it
        (``words.encoder: gru``).
        """
        return Slot(self, default, options, named)


@dataclass(frozen=True)
class Slot:
    """A place for a part: it takes a name, or a name with options, and has a default part."""

    registry: Registry
    default: str
    options: Mapping[str, Any] = field(default_factory=dict)
    named: str = ""

    def fill(self, value: Any, path: str) -> PartOptions:
        """Return the options of the part in ``value``: a name, or a mapping of options that may have a ``part``."""
        values = dict(value) if isinstance(value, Mapping) else {"part": value}
        name = values.pop(self.named or "part", None) or self.default
        if name not in self.registry:
            near = did_you_mean(str(name), self.registry)
            where = f"{path}.{self.named}" if self.named else path
            raise ConfigurationError(Problem(where, f'there is no {self.registry.kind} "{name}"; {near}'))
        return self.registry.options(name, {**(self.options if name == self.default else {}), **values}, path + ".")


def unflatten(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Convert ``{"pooling": "attention", "pooling.score": "dot"}`` to nested mappings with ``part`` keys.

    >>> unflatten({"pooling": "attention", "pooling.score": "dot", "layers": 2})
    {'layers': 2, 'pooling': {'part': 'attention', 'score': 'dot'}}
    """
    heads = {key.partition(".")[0] for key in flat if "." in key}
    nested: dict[str, Any] = {key: value for key, value in flat.items() if key not in heads and "." not in key}
    for head in sorted(heads):
        inner = {key[len(head) + 1 :]: value for key, value in flat.items() if key.startswith(head + ".")}
        nested[head] = ({"part": flat[head]} if head in flat else {}) | unflatten(inner)
    return nested


def flatten(options: PartOptions, prefix: str = "") -> dict[str, Any]:
    """Invert `unflatten`, with every default filled in; the caller adds the name of the part itself."""
    flat: dict[str, Any] = {}
    for key in type(options).model_fields:
        value, slot = getattr(options, key), type(options).model_fields[key].default
        if isinstance(value, PartOptions):
            named = f".{slot.named}" if isinstance(slot, Slot) and slot.named else ""
            flat[prefix + key + named] = value.part
            flat |= flatten(value, f"{prefix}{key}.")
        elif key != "part":
            flat[prefix + key] = list(value) if isinstance(value, tuple) else value
    return flat


PLAIN_MESSAGES = {  # for types of problems whose message in pydantic is for programmers
    "missing": "missing",
    "list_type": "expected a list",
    "tuple_type": "expected a list",
    "dict_type": "expected keys with values",
    "model_type": "expected keys with values",
    "too_short": "expected at least one value",
}


def problems_of(error: ValidationError, path: str = "", known: Iterable[str] = ()) -> list[Problem]:
    """Return every problem of a pydantic error, with the path of its key and a readable message.

    Parameters
    ----------
    error : ValidationError
    path : str, default ""
        Comes before each key, as ``"pooling."``.
    known : iterable of str
        The keys that exist, to suggest one for a misspelt key.
    """
    errors = error.errors(include_url=False)
    places = [item["loc"] for item in errors]
    problems = []
    for item in errors:
        place = item["loc"]
        if any(len(other) > len(place) and other[: len(place)] == place for other in places):
            continue  # there is a more exact problem, inside this value
        key = (path + ".".join(map(str, place))).removesuffix(".")
        unknown = item["type"] == "extra_forbidden"
        message = f"unknown key; {did_you_mean(str(place[-1]), known)}" if unknown else _message_of(item)
        problems.append(Problem(key, message))
    return problems


def _message_of(item: Mapping[str, Any]) -> str:
    message = PLAIN_MESSAGES.get(item["type"], item["msg"].removeprefix("Value error, "))
    bound = next(iter(item.get("ctx", {}).values()), None)
    if isinstance(bound, float):  # pydantic writes 1e-30 with all its zeros
        message = f"{message.rpartition(' ')[0]} {bound:g}"
    value = "" if item["type"] in {"value_error", "missing"} else f", not {shown(item['input'])}"
    return f"{message[0].lower()}{message[1:]}{value}"
