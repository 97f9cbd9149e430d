"""The controller of Flagger, with exactly the rules that the real one has (fluxcd/flagger v1.44.0); never its code.

`spec` is what a Canary says and what upstream reads out of it, `metrics` tells whether a metric's answer passes,
`scheduler` is one tick, `strategies` what a tick with passed checks does, `status` where a rollout stands.
Recorded cases of the real scheduler hold them; `docs/flagger.md` says what is modelled and what is not.
"""
