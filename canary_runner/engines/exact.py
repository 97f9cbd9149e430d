"""Probability mass through the same automata that the walk reads: no luck, no sampling error.

A stage maps a rollout that enters it to the times and ways in which it leaves. The outcomes of analyses that read one
interval each are independent, so the chance of a symbol is `symbol_law`, and mass moves along `table[position, state,
symbol]`. Rollouts that entered at different moments are carried apart where the world moves. Where windows are
cumulative, what was counted is carried beside the state; a window that reaches back to the rollout's start goes on with
what each way through the stages before has counted.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from canary_runner.compiling.automaton import ADVANCE, PAUSE, ROLL_BACK, Automaton, compile_automaton
from canary_runner.compiling.outcomes.totals import sums
from canary_runner.engines.block import ENDINGS, NEVER
from canary_runner.engines.chain import Chains, is_cumulative
from canary_runner.engines.cumulative import Entry, cumulative_flow
from canary_runner.engines.flow import Flow, flow_of
from canary_runner.engines.outlook import Outlook
from canary_runner.engines.paths import Ints, Paths
from canary_runner.engines.weather import Weather
from canary_runner.model.outcomes import State
from canary_runner.model.plan import Plan, StagePlan
from canary_runner.model.reasons import NotExact
from canary_runner.stats.outward import Floats

DROPPED = 1e-14
"""Histories less probable than this are left out, and counted as error."""

MOST_HISTORIES = 100_000
"""Ways to reach a stage that are carried apart."""

_STATE_OF = {ROLL_BACK: State.ROLLED_BACK, PAUSE: State.PAUSED}


def propagate(plan: Plan) -> Paths:
    """Return every history of a rollout with its chance. Raises NotExact."""
    if plan.machine is not None:
        raise NotExact(f"the rules of {plan.system} are walked, not summed over")
    automata = [_automaton_of(stage) for stage in plan.stages]
    outlook = Outlook(Weather(plan))
    outlook.prepare()
    chains = Chains(outlook.weather)
    ended: list[Paths] = []
    arrivals = _Arrivals(np.zeros((1, 1), np.int64), np.ones((2, 1)), ())
    dropped = 0.0
    for stage, automaton in zip(plan.stages, automata, strict=True):
        flow, groups, carried = _through(stage, automaton, arrivals, outlook, chains)
        entered, weights = arrivals.entered_at_s, arrivals.weights
        left, source, way = _combined(flow, groups, weights)
        kept = left[0] > DROPPED
        dropped += float(sums(left[0, ~kept], 0) + sums(weights[0] * flow.dropped[groups], 0))
        source, left, way = source[kept], left[:, kept], way[kept]
        at_s = entered[-1, source] + flow.ages_s[way]
        is_done = flow.kinds[way] == ADVANCE
        is_last = stage.index + 1 == len(plan.stages)
        gated = np.full(way.size, stage.has_gate and plan.approval.delay_s is None)
        ends = ~is_done | is_last | gated
        ended.append(_ended(plan, flow, entered[:, source[ends]], left[:, ends], at_s[ends], way[ends], gated[ends]))
        goes = ~ends
        if not goes.any():
            break
        entries = tuple(entry for i in way[goes].tolist() if carried and (entry := carried[i]) is not None)
        arrivals = _Arrivals(np.vstack((entered[:, source[goes]], at_s[goes])), left[:, goes], entries)
        if goes.sum() > MOST_HISTORIES:
            raise NotExact(f"more than {MOST_HISTORIES:,} ways to reach stage {stage.index + 2}")
    return _joined(ended, dropped)


@dataclass(frozen=True, slots=True, eq=False)
class _Arrivals:
    """Those who enter a stage, by what became of them so far."""

    entered_at_s: Ints  # (stages so far, arrivals)
    weights: Floats  # (2, arrivals): by the fine and by the coarse rule
    entries: tuple[Entry, ...]  # what each has counted; empty where the window begins


def _through(
    stage: StagePlan, automaton: Automaton, arrivals: _Arrivals, outlook: Outlook, chains: Chains
) -> tuple[Flow, Ints, list[Entry | None]]:
    """Return the flow of a stage, the group of every arrival, and what each exit has counted if that is carried on."""
    size = arrivals.weights.shape[1]
    if not is_cumulative(stage):
        moments, groups = outlook.weather.moments(arrivals.entered_at_s)
        flow = flow_of(outlook, stage, moments, automaton)
        return flow, np.zeros(size, np.int64) if groups is None else groups, []
    scene = chains.scene(stage, automaton)
    flow, carried = cumulative_flow(scene, arrivals.entries or (chains.origin,))
    groups = np.arange(size) if arrivals.entries else np.zeros(size, np.int64)
    return flow, groups, carried if scene.is_carried_on else []


def _automaton_of(stage: StagePlan) -> Automaton:
    if stage.window_analyses not in (1, None):
        raise NotExact(f"stage {stage.name} reads sliding windows: windows that overlap and forget")
    automaton = compile_automaton(stage.rules)
    if not isinstance(automaton, Automaton):
        raise NotExact(f"the counters of stage {stage.name} have too many joint states")
    return automaton


def _combined(flow: Flow, groups: Ints, weights: Floats) -> tuple[Floats, Ints, Ints]:
    """Return the mass of every arrival's every exit, and which arrival and exit that is."""
    source, way = np.nonzero(flow.groups[None, :] == groups[:, None])
    return weights[:, source] * flow.mass[:, way], source, way


def _ended(
    plan: Plan, flow: Flow, entered: Ints, weights: Floats, at_s: Ints, way: Ints, gated: NDArray[np.bool_]
) -> Paths:
    kinds = flow.kinds[way]
    endings = np.full(way.size, ENDINGS.index(State.COMPLETED), np.int8)
    for kind, state in _STATE_OF.items():
        endings[kinds == kind] = ENDINGS.index(state)
    endings[gated & (kinds == ADVANCE)] = ENDINGS.index(State.PAUSED)
    stages = np.full((len(plan.stages), way.size), NEVER, np.int64)
    stages[: entered.shape[0]] = entered
    return Paths(endings, at_s, stages, flow.deciding[way], *weights)


def _joined(parts: list[Paths], dropped: float) -> Paths:
    return Paths(
        np.concatenate([p.endings for p in parts]),
        np.concatenate([p.ended_at_s for p in parts]),
        np.concatenate([p.entered_at_s for p in parts], axis=1),
        np.concatenate([p.deciding for p in parts]),
        np.concatenate([p.weights for p in parts]),
        np.concatenate([p.coarse for p in parts]),
        dropped,
    )
