"""What sets policies apart: their characteristics side by side, and differences to the first one."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from canary_runner.model.policy import Policy
from canary_runner.model.study import Characteristics, Estimate, StudyInputs


class Strategy(Enum):
    """Ways to release that need no canary; the values are the words of `--against`."""

    ALL_AT_ONCE = "all-at-once"
    BLUE_GREEN = "blue-green"
    ROLLING = "rolling"


@dataclass(frozen=True, slots=True)
class Built:
    """A policy made of another one's checks, so that strategies can be compared."""

    strategy: Strategy
    source: str  # name of the policy that it is made of
    policy: Policy
    redeploy_s: int  # what a redeploy was said to take
    assumptions: tuple[str, ...]  # what was assumed, a sentence each


class Interval(Enum):
    """How the interval of a difference comes about."""

    BOUNDS = "bounds"  # both exact: the sum of their numerical bounds
    PAIRED = "paired"  # both sampled with the same luck: 95 %, of the differences run by run
    SHIFTED = "shifted"  # one exact, one sampled: the sampled one's 95 % interval
    SUMMED = "summed"  # percentiles of two samples: from two intervals of 97.5 %, at least 95 % whatever ties them


@dataclass(frozen=True, slots=True)
class Difference:
    """One number of a policy minus the same of the reference."""

    estimate: Estimate
    interval: Interval | None  # None: there is no difference, for the estimate's reason

    @property
    def excludes_zero(self) -> bool:
        """Whether the two differ, as far as the interval can tell."""
        low, high = self.estimate.low, self.estimate.high
        return (low is not None and low > 0) or (high is not None and high < 0)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one policy differs from the reference in one scenario."""

    policy: Characteristics
    reference: Characteristics
    differences: Mapping[str, Difference]  # by the paths of model.study.NUMBERS


@dataclass(frozen=True, slots=True)
class CompareResult:
    """The answer of a comparison; the first policy is the reference."""

    results: tuple[Characteristics, ...]  # one per policy and scenario, in that order
    comparisons: tuple[Comparison, ...]  # one per other policy and scenario, in that order
    built: tuple[Built, ...]
    inputs: StudyInputs
    is_complete: bool = True  # False: stopped by Ctrl-C; the scenarios that are finished are here
