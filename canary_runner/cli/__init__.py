"""The command line: parse, call one verb of `canary_runner.api`, print. Nothing is imported here, for speed."""
