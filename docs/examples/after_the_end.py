"""Drive a rollout by hand beyond its end."""

from canary_runner import api
from canary_runner.engines.rollout import Rollout, TerminalStateError
from canary_runner.model.outcomes import Outcome

rollout = Rollout(api.load_policy("policies/aggressive.yaml").value)
rollout.start()
while not rollout.state.is_final:
    rollout.advance(dict.fromkeys(rollout.checks, Outcome.FAIL))
print(rollout.state.value, rollout.traffic, len(rollout.history))
try:
    rollout.advance({})
except TerminalStateError as error:
    print(error)
print(rollout.state.value, rollout.traffic, len(rollout.history))
