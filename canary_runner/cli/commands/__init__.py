"""One file per command; each holds a click command named `command`. Listed in `canary_runner.cli.app`."""
