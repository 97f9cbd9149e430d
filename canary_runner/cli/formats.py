"""`--format X --output F`, repeatable: which result goes where."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import click

from canary_runner.cli.clashes import refuse_clashes
from canary_runner.cli.console import stdout_look
from canary_runner.cli.file_output import write_file
from canary_runner.cli.options import settings
from canary_runner.cli.output import write_stdout
from canary_runner.cli.targets import refuse_unwritable
from canary_runner.cli.types import Word
from canary_runner.reporting.look import PLAIN, Look

F = TypeVar("F", bound=Callable[..., Any])
Result = TypeVar("Result")
_KEY = "canary_runner.order"


@dataclass(frozen=True, slots=True)
class Destination:
    """One result: its format, None for the command's own, and its file, None for standard output."""

    format: str | None
    file: str | None


def pair_up(said: Iterable[tuple[str, str]]) -> list[Destination]:
    """Return where results go, from ("format" or "output", value) in the order in which they were said.

    The two halves of a pair stand next to each other, whichever comes first.
    """
    found: list[Destination] = []
    for option, value in said:
        last = found[-1] if found else None
        value_or_stdout = None if option == "output" and value == "-" else value
        if option == "format" and last and last.format is None:
            found[-1] = Destination(value, last.file)
        elif option == "output" and last and last.file is None:
            found[-1] = Destination(last.format, value_or_stdout)
        else:
            found.append(Destination(value, None) if option == "format" else Destination(None, value_or_stdout))
    return found or [Destination(None, None)]


class Command(click.Command):
    """A command that remembers in which order its options were said."""

    def make_parser(self, ctx: click.Context) -> Any:
        """Return click's parser, which knows the order and keeps it to itself."""
        parser = super().make_parser(ctx)
        parse = parser.parse_args

        def parse_args(args: list[str]) -> Any:
            parsed = parse(args)
            ctx.meta[_KEY] = [param.name for param in parsed[2]]
            return parsed

        parser.parse_args = parse_args  # type: ignore[method-assign]
        return parser


def output_options(formats: Sequence[str], default: str) -> Callable[[F], F]:
    """Add `--format` and `--output`; the command gets them as `format` and `output`."""

    def decorate(function: F) -> F:
        output = click.option(
            "--output",
            multiple=True,
            metavar="FILE",
            help="Where the result in the --format next to it goes. Repeatable.",
        )
        format = click.option(
            "--format", multiple=True, type=Word(list(formats)), help=f"Repeatable.  [default: {default}]"
        )
        return format(output(function))

    return decorate


def destinations(
    format: Sequence[str], output: Sequence[str], default: str, inputs: Sequence[str], written: str | None = None
) -> list[Destination]:
    """Return where the results of this call go; `inputs` are the files that it reads, "-" is standard input.

    `written` is what the call writes besides.

    Raises UsageError where a result would overwrite another, or an input, OutputError where none can be written: before
    any work is done.
    """
    values = {"format": iter(format), "output": iter(output)}
    order = click.get_current_context().meta.get(_KEY, ())
    said = [(name, next(values[name])) for name in order if name in values]
    found = [Destination(one.format or default, one.file) for one in pair_up(said)]
    refuse_clashes([*(one.file for one in found), *([] if written is None else [written])], inputs)
    for one in found:
        if one.file is not None:
            refuse_unwritable(one.file)
    return found


def emit(result: Result, formats: Mapping[str, Callable[[Result, Look], str]], places: Sequence[Destination]) -> None:
    """Write a result to every destination: all are made before one is written, files before standard output."""
    look = stdout_look(settings().colour)
    texts = [(one.file, formats[one.format or ""](result, PLAIN if one.file else look)) for one in places]
    for file, text in texts:
        if file is not None:
            write_file(file, text)
    for file, text in texts:
        if file is None:
            write_stdout(text)


def json_asked_for(arguments: Sequence[str]) -> str | None:
    """Return "json" or "ndjson" if a call, even one that cannot be parsed, says that stdout is to have it."""
    words = list(arguments[: arguments.index("--")]) if "--" in arguments else list(arguments)
    said = []
    for word, following in pairwise([*words, ""]):
        option, has_value, value = word.partition("=")
        if option in ("--format", "--output"):
            said.append((option[2:], value if has_value else following))
    asked = [one.format for one in pair_up(said) if one.file is None and one.format in ("json", "ndjson")]
    return asked[0] if asked else None
