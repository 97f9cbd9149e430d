"""Drive a rollout by hand beyond its end."""

from canary_runner import Outcome, Rollout, TerminalStateError, load_policy

rollout = Rollout(load_policy("policies/aggressive.yaml").value)
rollout.start()
while not rollout.state.is_final:
    rollout.advance(dict.fromkeys(rollout.checks, Outcome.FAIL))
print(rollout.state.value, rollout.traffic, len(rollout.history))
try:
    rollout.advance({})
except TerminalStateError as error:
    print(error)
print(rollout.state.value, rollout.traffic, len(rollout.history))
