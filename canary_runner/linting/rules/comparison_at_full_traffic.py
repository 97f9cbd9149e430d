"""A comparison is written for a stage at 100 %, where it is not asked.

**Why.** At 100 % the version before serves nobody, and there is nothing to compare with. A limit that stands in the
stage's own list looks like a guard and is none.

**Instead.** Absolute limits in the last stage. Comparisons in `defaults` are for the other stages: they are not
found here.
"""

from collections.abc import Iterator

from canary_runner.linting.facts import MAX_OVER_BASELINE, PolicyFacts
from canary_runner.model.diagnostics import Diagnostic, Severity

ID = "comparison-at-full-traffic"
SEVERITY = Severity.NOTE


def check(policy: PolicyFacts) -> Iterator[Diagnostic]:
    """Find comparisons among the own checks of a stage at 100 %."""
    for facts in policy.stages:
        for view in facts.view.checks:
            if not facts.compares and view.route[0] == "stages" and MAX_OVER_BASELINE in view.data:
                message = f'at 100% traffic of stage "{facts.name}" {view.metric} {MAX_OVER_BASELINE} is not asked'
                help = f"leave {MAX_OVER_BASELINE} out of this stage"
                yield Diagnostic(ID, SEVERITY, (*view.route, MAX_OVER_BASELINE), message, help)
