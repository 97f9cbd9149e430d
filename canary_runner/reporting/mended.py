"""What `lint --fix` changed, or with `--diff` would change."""

from collections.abc import Iterator, Sequence
from difflib import unified_diff

from canary_runner.model.mended import Mended
from canary_runner.model.shown import shown
from canary_runner.reporting.diagnostics_text import LONGEST
from canary_runner.reporting.look import Look


def mended_text(files: Sequence[tuple[str, Mended]], look: Look) -> str:
    """Return a line for every edit in files, each with its name."""
    lines = [
        f"{look.paint(f'{shown(name, LONGEST)}:{edit.line}:{edit.column}:', 'bold')} "
        f'{look.paint("mended:", "bold", "green")} "{shown(edit.old)}" is now "{shown(edit.new)}"'
        for name, mended in files
        for edit in mended.edits
    ]
    return "".join(f"{line}\n" for line in lines)


def diff_text(files: Sequence[tuple[str, Mended]]) -> str:
    """Return the edits as a unified diff, which `patch -p0` takes; line ends and byte order marks are the file's."""
    return "".join(line for name, mended in files if mended.edits for line in _diff(shown(name, LONGEST), mended))


def _diff(name: str, mended: Mended) -> Iterator[str]:
    for line in unified_diff(_lines(mended.before), _lines(mended.data), name, name):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(data: bytes) -> list[str]:
    """Return lines as `patch` counts them: only a line feed ends one."""
    *lines, last = data.decode("utf-8").split("\n")
    return [*(f"{line}\n" for line in lines), *([last] if last else [])]
