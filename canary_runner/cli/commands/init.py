"""`canary-run init`: the first files of a project. All of them are written, or none."""

import os
from pathlib import Path
from typing import Final

import click

from canary_runner import api
from canary_runner.cli import process
from canary_runner.cli.app import COMMANDS
from canary_runner.cli.options import CONTEXT, global_options, settings
from canary_runner.cli.output import reason, write_stderr, write_stdout
from canary_runner.loading.source import real_path
from canary_runner.model.diagnostics import OutputError, UsageError
from canary_runner.model.shown import shown

_STARTER = Path(__file__).parent.parent / "starter"
_POLICIES: Final = ("standard.yaml", "checkout.service.yaml")
_SCHEMAS: Final = ("policy.schema.json", "service.schema.json", "test.schema.json")
_SCHEMA_FOLDER: Final = ".canary-run"
"""For the editor, so that it works offline; hidden, so that `validate .` does not look into it."""

HELP = """Write a policy, a service, a test, their schemas and a GitHub workflow below DIR.

Nothing is overwritten: if one of the files is there already, none is written, and the exit status is 2.
"""


@click.command(context_settings=CONTEXT, help=HELP)
@click.argument("dir", default=".", type=click.Path())
@global_options(hidden=True)
def command(dir: str) -> None:
    """Write all files, or none."""
    if not dir:
        raise UsageError("the name of the folder is empty", "canary-run init writes into this folder")
    files = {Path(dir, name): text for name, text in starter_files().items()}
    present = [str(path) for path in files if os.path.lexists(path)]
    if present:
        help = "move it away, or give another folder: canary-run init DIR"
        raise UsageError(f'nothing is written: "{shown(present[0], 200)}" is there already', help)
    create_all(files)
    write_stdout("".join(f"{shown(str(path), 4096)}\n" for path in files))
    below = _below_repository(Path(dir))
    if below and not settings().quiet:
        write_stderr(
            f"note: GitHub reads workflows only at the top of a repository, and this is {shown(below, 200)} in one: "
            f"move the workflow there, and write {shown(below, 200)}/policies in it\n"
        )
    if not settings().quiet and settings().verbose:
        write_stderr(f"next: canary-run {shown(str(Path(dir, 'policies', 'standard.yaml')), 4096)}\n")


def _below_repository(folder: Path) -> str:
    """Return where in a repository of git a folder lies; nothing if it is the top of one, or in none."""
    here = Path(real_path(str(folder)))
    top = next((one for one in (here, *here.parents) if (one / ".git").exists()), here)
    return "" if top == here else here.relative_to(top).as_posix()


def starter_files() -> dict[str, str]:
    """Return the text of every file, by its path in the project."""
    policies = {name: api.shipped("policies", name) for name in _POLICIES}
    policies["standard.test.yaml"] = _starter("standard.test.yaml")
    lines = _starter("canary-run.yml").splitlines(keepends=True)
    known = [line for line in lines if "canary-run test" not in line or "test" in COMMANDS]
    return {
        **{f"policies/{name}": _with_our_schema(text) for name, text in policies.items()},
        ".github/workflows/canary-run.yml": "".join(known),
        **{f"{_SCHEMA_FOLDER}/{name}": api.shipped("schema", name) for name in _SCHEMAS},
    }


def _with_our_schema(text: str) -> str:
    """Point the editor's line at the schemas in the project."""
    return text.replace("$schema=../schema/", f"$schema=../{_SCHEMA_FOLDER}/", 1)


def _starter(name: str) -> str:
    return (_STARTER / name).read_text(encoding="utf-8")


def create_all(files: dict[Path, str]) -> None:
    """Create every file, or none; a file that appears meanwhile is not overwritten. Raises OutputError."""
    folders: list[Path] = []
    created: list[Path] = []
    try:
        for path, text in files.items():
            _create_folders(path.parent, folders)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                created.append(path)
                process.unfinished(str(path))
                file.write(text)
    except (OSError, ValueError) as error:
        for made in reversed(created):
            made.unlink(missing_ok=True)
        for folder in reversed(folders):
            folder.rmdir()
        raise OutputError(f"nothing is written: {shown(str(path), 200)}: {reason(error)}") from None
    finally:
        for made in created:
            process.finished(str(made))


def _create_folders(folder: Path, created: list[Path]) -> None:
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir()
        created.append(one)
