"""Read YAML for experiment files and ``--set``: plain data of bounded size, without duplicate keys.

Without quotes, ``true`` and ``false`` are booleans; ``null``, ``~`` and an empty value are null; decimal numbers,
``.inf`` and ``.nan`` are numbers. All other values are strings, for example ``no``, ``1:30``, ``0x10`` and
``2024-01-01``. Keys are always strings.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from textclf.errors import ConfigurationError

MAX_BYTES = 1_000_000  # of a file
MAX_NODES = 20_000  # values of a document, with every alias expanded
MAX_DEPTH = 50
TAG = "tag:yaml.org,2002:"
PLAIN = {  # unquoted values that are not strings: tag -> (pattern, possible first characters)
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "int": (r"[-+]?[0-9]+", list("-+0123456789")),
    "float": (
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
    "merge": (r"<<", ["<"]),
}


class _Refused(yaml.MarkedYAMLError):
    """Raised for a document that is valid YAML but breaks a rule of this module."""

    def __init__(self, problem: str, node: Any) -> None:
        super().__init__(problem=problem, problem_mark=node.start_mark)


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with the rules of this module; it checks them before it expands aliases."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = self._composed = 0
        self._sizes: dict[int, int] = {}  # values of each complete collection, by the id of its node

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        if self._depth > MAX_DEPTH:
            raise _Refused(f"nested more than {MAX_DEPTH} deep", event)
        self._depth, self._composed = self._depth + 1, self._composed + 1
        self._check_size(self._composed, event)
        node = super().compose_node(parent, index)
        self._depth -= 1
        if isinstance(event, yaml.AliasEvent):
            if isinstance(node, yaml.CollectionNode) and id(node) not in self._sizes:
                raise _Refused(f"*{event.anchor} is used inside itself", event)
        elif isinstance(node, yaml.CollectionNode):
            if isinstance(node, yaml.MappingNode):
                _check_keys(node)
            self._sizes[id(node)] = self._size(node)
        return node

    def _size(self, node: yaml.CollectionNode) -> int:
        pairs = isinstance(node, yaml.MappingNode)
        children = [child for pair in node.value for child in pair] if pairs else node.value
        size = 1 + sum(self._sizes.get(id(child), 1) for child in children)
        self._check_size(size, node)
        return size

    def _check_size(self, size: int, node: Any) -> None:
        if size > MAX_NODES:
            raise _Refused(f"more than {MAX_NODES:,} values after the aliases (*) are expanded; make it shorter", node)


def _check_keys(node: yaml.MappingNode) -> None:
    first: dict[str, Any] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _Refused("a key must be a word, not a list or a mapping", key)
        if key.value in first:
            line = first[key.value].start_mark.line + 1
            raise _Refused(f'the key "{key.value}" is given twice, first on line {line}; leave one out', key)
        first[key.value] = key
        if key.tag != f"{TAG}merge":
            key.tag = f"{TAG}str"


def _whole_number(loader: Any, node: Any) -> int:
    return int(loader.construct_scalar(node))  # PyYAML's own constructor reads 010 as 8


_Loader.yaml_implicit_resolvers = {}  # remove the rules of YAML 1.1
for _tag, (_pattern, _first_characters) in PLAIN.items():
    _Loader.add_implicit_resolver(f"{TAG}{_tag}", re.compile(f"(?:{_pattern})$"), _first_characters)
_Loader.add_constructor(f"{TAG}int", _whole_number)


def parse_yaml(text: str, source: str) -> Any:
    """Return the value that ``text`` describes; ``source`` names the text in messages.

    Raises
    ------
    ConfigurationError
        If ``text`` is not YAML or breaks a rule of this module; the message has the line and the problem.
    """
    try:
        return yaml.load(text, _Loader)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a number with thousands of digits
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        reason = reason if isinstance(error, _Refused) else f"not YAML ({reason})"
        raise ConfigurationError(f"{source}{where}: {reason}") from None


def read_yaml(path: str | Path) -> Any:
    """Return the value that a file describes.

    Raises
    ------
    ConfigurationError
        If the file is missing, cannot be read, is not a regular file, is too large, or is not UTF-8 or YAML.
    """
    path = Path(path)
    try:
        if path.stat() and not path.is_file():  # a pipe or a device may have no end
            raise ConfigurationError(f"{path}: not a file; experiments are YAML files, as in experiments/")
        if path.stat().st_size > MAX_BYTES:
            raise ConfigurationError(f"{path}: larger than {MAX_BYTES:,} bytes; is it an experiment file?")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: no such file; experiments are YAML files, as in experiments/") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: not UTF-8 ({error.reason}); save it as UTF-8") from None
    except ConfigurationError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise ConfigurationError(f"{path}: cannot be read ({error})") from None
    return parse_yaml(text, str(path))
