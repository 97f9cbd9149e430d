"""The pages of all rules as one document: `python docs/rules.py` writes docs/rules.md, and a test finds it stale."""

from pathlib import Path
from textwrap import fill

from canary_runner.linting.pages import rule_pages
from canary_runner.linting.rules import OF_MANIFESTS, OF_POLICIES, RULES
from canary_runner.loading.rules import RULES as OF_FILES

TARGET = Path(__file__).with_name("rules.md")
HEAD = """# Rules

Written by `python docs/rules.py`; do not edit. `canary-run explain ID` prints each page offline.

- [Rules of lint](#rules-of-lint): what a valid policy, or a rollout in a manifest, cannot do that it promises
- [Rules of files](#rules-of-files): what makes a file invalid, each an error
"""


def document() -> str:
    """Return the whole document."""
    pages = rule_pages()
    listed = [
        f"| [{rule}](#{rule}) | {RULES[rule].SEVERITY.value} | {asked(rule)} | {summary(page)} |"
        for rule, page in pages.items()
    ]
    parts = [
        HEAD,
        "## Rules of lint\n",
        "\n".join(["| rule | severity | asks | finds |", "|---|---|---|---|", *listed]) + "\n",
        *(f"### {rule}\n\n{page.strip()}\n" for rule, page in pages.items()),
        "## Rules of files\n",
        *(f"### {rule}\n\n{escaped(page.strip())}\n" for rule, page in OF_FILES.items()),
    ]
    return "\n".join(parts)


def asked(rule: str) -> str:
    """Return what a rule asks: policies of ours, manifests of other systems, or both."""
    kinds = {"policies": OF_POLICIES, "manifests": OF_MANIFESTS}
    return " and ".join(kind for kind, rules in kinds.items() if rule in rules)


def summary(page: str) -> str:
    return " ".join(page.split("\n\n")[0].split()).replace("|", "\\|")


def escaped(page: str) -> str:
    """Return a page that is plain text as markdown."""
    return fill(page.replace("<", "\\<").replace("*", "\\*"), 120, break_on_hyphens=False)


if __name__ == "__main__":
    TARGET.write_text(document(), encoding="utf-8", newline="\n")
