"""Jinja2 for templates that nobody here has written: they see the report, and nothing else.

A template can read the fields of the view model and call what it is given. It cannot reach a
Python attribute beyond that, nor turn off the escaping, and what it may do is counted, so that
the same template ends in the same way on every machine: each step of a loop and each call is one
step, and the length of every text that it makes adds up.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from jinja2 import BaseLoader, StrictUndefined, TemplateSyntaxError, Undefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import TemplateModule
from jinja2.exceptions import SecurityError
from jinja2.runtime import BlockReference, Context, LoopContext, Macro, TemplateReference
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

MOST_STEPS = 1_000_000
"""Steps of loops, and calls: many times those of the longest journal, and over in seconds."""
MOST_CHARACTERS = 128_000_000
"""Characters of all texts made on the way to a document, each counted where it is made."""
_LARGEST = 10**15
_LONGEST_LIST = 100_000

# What can make much of little, or differs from one time to the next, is not here.
_FILTERS = {"abs", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first"}
_FILTERS |= {"float", "int", "items", "last", "length", "list", "lower", "map", "max"}
_FILTERS |= {"min", "reject", "rejectattr", "reverse", "round", "select", "selectattr", "sort"}
_FILTERS |= {"string", "sum", "title", "trim", "truncate", "unique", "upper", "wordcount"}
_OF_TEXT = {"capitalize", "endswith", "lower", "lstrip", "removeprefix", "removesuffix", "rstrip"}
_OF_TEXT |= {"split", "splitlines", "startswith", "strip", "title", "upper"}
_OF_MANY = {"count", "get", "index", "items", "keys", "values"}


class _Code(CodeGenerator):
    """Python code for a template, in which ``~`` is counted."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802
        """``a ~ b``."""
        self.write("environment.joined((")
        for argument in node.nodes:
            self.visit(argument, frame)
            self.write(", ")
        self.write("))")


class Sandbox(ImmutableSandboxedEnvironment):
    """An environment for one document.

    Args:
        loader: where its templates come from.
        written: how a text or number is written into the document; what it gives back is not
            escaped again. None for HTML's own escaping.
        undefined: what an unknown name becomes.
    """

    code_generator_class = _Code
    intercepted_binops = frozenset(ImmutableSandboxedEnvironment.default_binop_table)

    def __init__(
        self,
        loader: BaseLoader,
        written: Callable[[str], str] | None = None,
        undefined: type[Undefined] = StrictUndefined,
    ) -> None:
        super().__init__(
            loader=loader,
            autoescape=True,
            undefined=undefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            finalize=None if written is None else _writer(written),
        )
        self.steps = 0
        self.characters = 0
        self.globals = {"range": self.globals["range"]}
        kept = {name: _counting(self, self.filters[name]) for name in _FILTERS}
        self.filters = kept | {"join": self._join}
        self.concat = self._concat  # type: ignore[method-assign]

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Fields of the view model, and the harmless methods of texts and lists."""
        if attr.startswith("_"):
            return False
        if dataclasses.is_dataclass(obj) and not isinstance(obj, type):
            named = attr in obj.__dataclass_fields__
            return named or isinstance(getattr(type(obj), attr, None), property)
        if isinstance(obj, str):
            return attr in _OF_TEXT
        if isinstance(obj, tuple | list | dict):
            return attr in _OF_MANY
        return isinstance(
            obj,
            Undefined | LoopContext | TemplateModule | TemplateReference | BlockReference | Macro,
        )

    def wrap_str_format(self, value: Any) -> None:
        """None: ``format`` is not let through, for a width can make much of little."""

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """Call what a template may call, and count it."""
        __self.step()
        return __self.counted_text(super().call(__context, __obj, *args, **kwargs))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Reckon with numbers of an ordinary size; add texts and short lists."""
        self.step()
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return self.joined((left, right))
        if operator == "+" and isinstance(left, list | tuple) and isinstance(right, list | tuple):
            if len(left) + len(right) > _LONGEST_LIST:
                raise SecurityError(f"a list may have no more than {_LONGEST_LIST:,} entries")
            return [*left, *right]
        if not isinstance(left, int | float) or not isinstance(right, int | float):
            kinds = f"{type(left).__name__} {operator} {type(right).__name__}"
            raise SecurityError(f"{kinds} cannot be reckoned in a template")
        if abs(left) > _LARGEST or abs(right) > (9 if operator == "**" else _LARGEST):
            raise SecurityError(f"the numbers of a {operator} are too large for a template")
        return super().call_binop(context, operator, left, right)

    def step(self, number: int = 1) -> None:
        """Count steps.

        Raises:
            SecurityError: there were too many.
        """
        self.steps += number
        if self.steps > MOST_STEPS:
            raise SecurityError(f"the template takes more than {MOST_STEPS:,} steps; is it endless")

    def counted_text(self, value: Any) -> Any:
        """The value; its characters are counted if it is a text.

        Raises:
            SecurityError: there were too many.
        """
        if isinstance(value, str):
            self.characters += len(value)
            if self.characters > MOST_CHARACTERS:
                most = f"{MOST_CHARACTERS:,}"
                raise SecurityError(f"the template writes more than {most} characters")
        return value

    def counted(self, many: Any) -> Any:
        """What a loop goes through, its steps counted."""
        if hasattr(many, "__len__"):
            self.step(len(many))
            return many
        return self._each(many)

    def joined(self, parts: Iterable[Any]) -> str:
        """Texts one after the other; escaped if one of them is."""
        texts = [part if isinstance(part, str) else str(part) for part in parts]
        if not any(isinstance(text, Markup) for text in texts):
            return self._concat(texts)
        written = self.finalize or Markup.escape
        return Markup(self._concat(written(text) for text in texts))

    def _join(self, value: Iterable[Any], d: str = "", attribute: str | None = None) -> str:
        between = False
        parts: list[Any] = []
        for item in self._each(value):
            parts += [d] if between else []
            parts.append(self.getattr(item, attribute) if attribute else item)
            between = True
        return self.joined(parts)

    def _each(self, many: Iterable[Any]) -> Iterator[Any]:
        for item in many:
            self.step()
            yield item

    def _concat(self, parts: Iterable[str]) -> str:
        return "".join(map(self.counted_text, parts))

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for found in tree.find_all(nodes.ScopedEvalContextModifier):
            raise TemplateSyntaxError(
                "the escaping cannot be turned off", found.lineno, name, filename
            )
        for loop in tree.find_all(nodes.For):
            counted = nodes.EnvironmentAttribute("counted", lineno=loop.lineno)
            loop.iter = nodes.Call(counted, [loop.iter], [], None, None, lineno=loop.iter.lineno)
        tree.set_environment(self)
        return tree


def _writer(written: Callable[[str], str]) -> Callable[[Any], Markup]:
    def write(value: Any) -> Markup:
        return value if isinstance(value, Markup) else Markup(written(str(value)))

    return write


def _counting(sandbox: Sandbox, made: Callable[..., Any]) -> Callable[..., Any]:
    """A filter whose text is counted; it keeps what Jinja2 has noted on it."""

    @functools.wraps(made)
    def filtered(*args: Any, **kwargs: Any) -> Any:
        return sandbox.counted_text(made(*args, **kwargs))

    return filtered
