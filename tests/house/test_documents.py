"""What the documents print, the tool prints: every console block is run, every set-up command is CI's."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "notes.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
SCRIPTS = Path(sys.executable).parent


def shown(command):
    """Return what a person sees of a command in the project's folder: stdout, stderr, and the status if not 0."""
    path = f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"PATH": path, "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "PYTHONPATH": ""}
    done = subprocess.run(
        command, shell=True, cwd=ROOT, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    status = f"[exit {done.returncode}]\n" if done.returncode else ""
    return done.stdout + done.stderr + status


def renewed(block):
    """Return a console block with what its commands print now."""
    commands = [line for line in block.splitlines() if line.startswith("$ ")]
    return "\n".join(f"{line}\n{shown(line[2:])}".rstrip("\n") for line in commands) + "\n"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_console_blocks(document, request):
    text = document.read_text(encoding="utf-8")
    now = BLOCK.sub(lambda match: f"```console\n{renewed(match[1])}```", text)
    if request.config.getoption("--update-golden"):
        document.write_text(now, encoding="utf-8")
    assert now == document.read_text(encoding="utf-8")


def test_the_readme_has_console_blocks_and_two_set_up_commands():
    readme = DOCUMENTS[0].read_text(encoding="utf-8")
    assert len(BLOCK.findall(readme)) >= 3
    commands = re.findall(r"```sh\n(.*?)\n```", readme, re.DOTALL)
    assert len(commands) == 2
    script = (ROOT / ".ci" / "run").read_text()
    assert all(command in script for command in commands)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_links_lead_somewhere(document):
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (document.parent / target).exists(), target
    for file, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", text):
        other = (document.parent / file) if file else document
        headings = re.findall(r"^#+ (.+)$", other.read_text(encoding="utf-8"), re.MULTILINE)
        slugs = {re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-") for h in headings}
        assert anchor in slugs, (target, anchor)


def test_the_pages_of_rules_are_fresh(request):
    """`python docs/rules.py` writes them anew, and so does `--update-golden`."""
    rules = runpy.run_path(str(ROOT / "docs" / "rules.py"))
    if request.config.getoption("--update-golden"):
        rules["TARGET"].write_text(rules["document"](), encoding="utf-8")
    assert rules["TARGET"].read_text(encoding="utf-8") == rules["document"]()


@pytest.mark.slow
def test_notes_cite_what_the_evidence_prints():
    printed = subprocess.run(
        [sys.executable, "docs/evidence.py"], cwd=ROOT, capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ).stdout  # fmt: skip
    assert printed in (ROOT / "notes.md").read_text(encoding="utf-8")
