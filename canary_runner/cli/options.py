"""Options that several commands share."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, Final, TypeVar, cast

import click

from canary_runner import api
from canary_runner.cli.types import FILE, Word
from canary_runner.model.manifest_options import ManifestOptions

CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

F = TypeVar("F", bound=Callable[..., Any])
_KEY = "canary_runner.settings"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the global options say."""

    quiet: bool = False
    verbose: bool = False
    debug: bool = False
    colour: str = "auto"


def settings() -> Settings:
    """Return what the global options of this call say, wherever they stood."""
    found: Settings = click.get_current_context().meta.get(_KEY, Settings())
    return found


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if not value:
        return
    change = {"colour": "never"} if param.name == "no_color" else {_FIELDS[param.name or ""]: value}
    ctx.meta[_KEY] = replace(ctx.meta.get(_KEY, Settings()), **change)


_FIELDS = {"quiet": "quiet", "verbose": "verbose", "debug": "debug", "color": "colour"}


BIND_HELP: Final = "What a metric of a manifest measures: NAME=error_ratio,window=1m,arm=canary. Repeatable."
BINDINGS_HELP: Final = "A file that says what metrics of manifests measure. Repeatable."


WITH_HELP: Final = "Where templates, alarms and workloads of manifests stand: a file or folder. Repeatable."
ROLLOUT_HELP: Final = "Of a manifest with several rollouts, this one.{}"


def manifest_options(*, rollout: str) -> Callable[[F], F]:
    """Add what is said beside manifests, handed over as `manifests`; --rollout "once", "often", or not at all ("")."""
    is_often = rollout == "often"
    help = ROLLOUT_HELP.format(" Repeatable." if is_often else "")
    options: list[Callable[..., Any]] = [
        click.option("--with", "further", type=FILE, multiple=True, help=WITH_HELP),
        click.option("--bind", metavar="NAME=MEANING", multiple=True, help=BIND_HELP),
        click.option("--bindings", type=FILE, multiple=True, help=BINDINGS_HELP),
    ]
    if rollout:
        options.append(click.option("--rollout", "rollouts", metavar="NAME", multiple=is_often, help=help))

    def decorate(function: F) -> F:
        @wraps(function)
        def gathered(*args: Any, **kwargs: Any) -> Any:
            rollouts = kwargs.pop("rollouts", None) or ()
            manifests = ManifestOptions(
                kwargs.pop("bind"),
                kwargs.pop("bindings"),
                kwargs.pop("further"),
                (rollouts,) if isinstance(rollouts, str) else rollouts,
            )
            return function(*args, **kwargs, manifests=manifests)

        wrapped: Any = gathered
        for option in reversed(options):
            wrapped = option(wrapped)
        return cast("F", wrapped)

    return decorate


def files_of(said: ManifestOptions) -> list[str]:
    """Return the files that are read because of what is said beside manifests."""
    return [*said.bindings, *api.further_files(said.further)]


def words_of(said: ManifestOptions) -> dict[str, tuple[str, ...]]:
    """Return the options that say the same, by name."""
    return {"with": said.further, "bind": said.bind, "bindings": said.bindings, "rollout": said.rollouts}


def global_options(hidden: bool = False) -> Callable[[F], F]:
    """Add the options that every command takes, before its name or after it; `hidden` keeps them out of its help."""

    def flag(*names: str, help: str) -> Callable[[F], F]:
        return click.option(*names, is_flag=True, expose_value=False, callback=_remember, hidden=hidden, help=help)

    options: list[Callable[[F], F]] = [
        flag("-q", "--quiet", help="Say less on stderr."),
        flag("-v", "--verbose", help="Say more on stderr."),
        flag("--debug", help="Show the traceback of a bug."),
        click.option(
            "--color",
            type=Word(["auto", "always", "never"]),
            expose_value=False,
            callback=_remember,
            hidden=hidden,
            help="When to use colours; also NO_COLOR, FORCE_COLOR.",
        ),
        flag("--no-color", help="The same as --color never."),
    ]

    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate
