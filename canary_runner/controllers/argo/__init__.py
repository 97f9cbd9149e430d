"""The controller of Argo Rollouts, with exactly the rules that the real one has; facts, never its code.

`expression` evaluates conditions, `measurement` turns a query's answer into a phase, `metric` counts phases, `run` is
an analysis run, `replicas` moves pods, `rollout` tells phases and what follows from a run, `validation` and
`rollout_validation` tell what is refused.
Recorded cases of the real controller hold all of them; `docs/argo-rollouts.md` says what is modelled and what is not.
"""
