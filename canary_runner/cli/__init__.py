"""The command line: parse, call one verb of `canary_runner.api`, print. Nothing is imported here, for speed."""

PROGRAM = "canary-run"
COMPLETION_VARIABLE = "_CANARY_RUN_COMPLETE"
"""In the environment: what a shell asks of the program instead of a command; click's scripts say it so."""
