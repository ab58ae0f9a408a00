#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes docs/python/reference.md from pyetwkit's docstrings and stubs: PYTHONPATH=BUILD/python python_reference.py

What there is, and what it means, is the built package's; the types are those of _core.pyi.
"""

import ast
import enum
import inspect
import pathlib
import sys
import textwrap

import pyetwkit as etw

FUNCTIONS = ["open", "list_providers", "search_providers", "get_provider_info"]
FUNCTIONS += ["current_activity", "is_available", "check_admin", "stream_to_queue"]
CLASSES = "Trace Selection EtwEvent Properties MappedInt EventFilter Schema Field ProviderInfo".split()
CLASSES += "EtwListener MergedListener EtwSession SessionStats EtwProvider ProviderSettings RecordBatch".split()
CLASSES += "EventStream EtwStreamer MergedStreamer EventBatcher".split()
CLASSES += "KernelProvider NetworkProvider ProcessProvider FileProvider RegistryProvider SecurityProvider".split()
CLASSES += "DotNetProvider TraceLoggingProvider Activity EtwHandler KernelSession KernelFlags EnableProperty".split()
RECORDS = "TraceInfo TraceStats StreamStats ProviderCount".split()
ERRORS = "EtwError DamagedTraceError SchemaNotFoundError ChannelError".split()
GIVEN = {"Activity", "EventStream", "ProviderInfo"}  # which nobody makes, but gets
SHOWN = {"__arrow_c_stream__", "__arrow_c_schema__"}  # of the names with underscores
WIDTH = 110
HEAD = """\
# Reference

Made by `tools/python_reference.py` of the docstrings and the stubs; `help(pyetwkit.Trace)`, and so on, says the same.
The tests fail where this page is not up to date; `GOLDEN_UPDATE=1 .venv/bin/python -m pytest tests/docs -k reference`
makes it anew.
"""


def stubs():
    """{class: {member: node}} of the types that are written in C."""
    path = pathlib.Path(etw.__file__).with_name("_core.pyi")
    classes = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.ClassDef)]
    return {one.name: {member_name(node): node for node in one.body if member_name(node)} for one in classes}


def member_name(node):
    return getattr(node, "name", None) or getattr(getattr(node, "target", None), "id", None)


def text_of(thing):
    return inspect.getdoc(thing) or ""


def top_level(arguments):
    """The arguments, each for itself."""
    found, depth, start = [], 0, 0
    for at, sign in enumerate(arguments):
        depth += (sign in "([") - (sign in ")]")
        if depth == 0 and arguments.startswith(", ", at):
            found.append(arguments[start:at])
            start = at + 2
    return [*found, arguments[start:]] if arguments else []


def shown(name, arguments, returns):
    """name(arguments) -> type, in lines of their own where one is too short."""
    given = top_level(arguments)
    if given and given[0] in {"self", "cls", "type"}:
        given = given[2:] if given[1:2] == ["/"] else given[1:]
    tail = f" -> {returns}" if returns else ""
    line = f"{name}({', '.join(given)}){tail}"
    return line if len(line) <= WIDTH else f"{name}(\n" + "".join(f"    {one},\n" for one in given) + f"){tail}"


class Written(str):
    """A text that is shown without quotes."""

    __slots__ = ()
    __repr__ = str.__str__


def as_written(found):
    """A signature whose annotations, which are texts, and constants are as the source has them."""

    def one(parameter):
        default = parameter.default
        if isinstance(default, enum.Enum):
            default = Written(f"{type(default).__name__}.{default.name}")
        if isinstance(parameter.annotation, str):
            parameter = parameter.replace(annotation=Written(parameter.annotation))
        return parameter.replace(default=default)

    returns = found.return_annotation
    return found.replace(
        parameters=[one(parameter) for parameter in found.parameters.values()],
        return_annotation=Written(returns) if isinstance(returns, str) else returns,
    )


def signature(name, node, member):
    """As the stub has it, else as the docstring."""
    if isinstance(node, ast.FunctionDef) and not any(ast.unparse(one) == "overload" for one in node.decorator_list):
        return shown(name, ast.unparse(node.args), ast.unparse(node.returns))
    arguments, _, returns = str(as_written(inspect.signature(member))).rpartition(")")
    return shown(name, arguments.removeprefix("("), returns.removeprefix(" -> "))


def type_of(node, member):
    """What a property is."""
    if isinstance(node, ast.FunctionDef):
        return ast.unparse(node.returns)
    if isinstance(node, ast.AnnAssign):
        return ast.unparse(node.annotation)
    annotation = getattr(node, "__forward_arg__", node)  # of a NamedTuple
    if isinstance(annotation, str):
        return annotation
    return inspect.signature(member.fget).return_annotation.strip("'")


def cell(text):
    return " ".join(text.split()).replace("|", "\\|")


def code(text):
    """In a table, where a bar ends the cell also between backticks."""
    return f"`{text}`".replace("|", "\\|")


def paragraphs(text):
    """A docstring as markdown: examples are indented, all else is as it is meant."""
    parts = text.split("\n\n")
    return "\n\n".join(
        f"```\n{textwrap.dedent(part)}\n```" if part.startswith("    ") else " ".join(part.split()) for part in parts
    )


def members(cls, known):
    """(methods, properties) as (name, member, stub) in their order."""
    methods, properties = [], []
    for name, member in vars(cls).items():
        if name.startswith("_") and name not in SHOWN:
            continue
        if isinstance(getattr(cls, name), int):
            continue
        if inspect.isroutine(member) or isinstance(member, classmethod):
            methods.append((name, getattr(cls, name), known.get(name)))
        elif text_of(member) and not inspect.ismemberdescriptor(member):
            properties.append((name, member, known.get(name)))
    return methods, properties


def class_lines(name, known):
    cls = getattr(etw, name)
    doc = text_of(cls)
    yield f"## {name}\n"
    yield f"{paragraphs(doc)}\n"
    if name == "EventFilter":
        yield f"```\n{signature(name, known['__new__'], cls)}\n```\n".replace(" -> EventFilter", "")
    elif "__init__" in vars(cls) and name not in GIVEN:
        yield f"```\n{signature(name, None, cls).removesuffix(' -> None')}\n```\n"
    constants = {one: value for one, value in vars(cls).items() if isinstance(getattr(cls, one), int) and one[0] != "_"}
    if constants:
        yield "| | is |\n| --- | --- |"
        yield from (f"| `{one}` | {hex(getattr(cls, one))} |" for one in constants)
        yield ""
    methods, properties = members(cls, known or vars(cls).get("__annotations__", {}))
    if properties:
        yield "| | is | |\n| --- | --- | --- |"
        yield from (
            f"| `{one}` | {code(type_of(node, member))} | {cell(text_of(member))} |" for one, member, node in properties
        )
        yield ""
    for one, member, node in methods:
        yield f"### {name}.{one}\n\n```\n{signature(one, node, member)}\n```\n\n{paragraphs(text_of(member))}\n"


def function_lines(name):
    function = getattr(etw, name)
    yield f"### {name}\n\n```\n{signature(name, None, function)}\n```\n\n{paragraphs(text_of(function))}\n"


def record_lines(name, known):
    cls = getattr(etw, name)
    yield f"## {name}\n\n{text_of(cls)} A named tuple.\n\n| | is | |\n| --- | --- | --- |"
    for field in cls.__match_args__:
        yield f"| `{field}` | {code(type_of(known[field], None))} | {cell(text_of(getattr(cls, field)))} |"
    yield ""


def error_lines(name):
    cls = getattr(etw, name)
    yield f"| `{name}` | {', '.join(f'`{base.__name__}`' for base in cls.__bases__)} | {cell(text_of(cls))} |"


def page():
    known = stubs()
    lines = [HEAD, "## Functions\n"]
    for name in FUNCTIONS:
        lines += function_lines(name)
    for name in CLASSES:
        lines += class_lines(name, known.get(name, {}))
    for name in RECORDS:
        lines += record_lines(name, known[name])
    lines += ["## Errors\n", "| | is a | |\n| --- | --- | --- |"]
    for name in ERRORS:
        lines += error_lines(name)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
