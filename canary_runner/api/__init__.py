"""The verbs as functions: what the command line does, callable. One module for each family of them.

Heavy things (YAML, JSON Schema, numpy) are imported inside the functions that need them, so that to import this
package costs nothing. Raises `InputError` for the content of a file, `UsageError` for a wrong call.
"""

from canary_runner.api.checking import lint, rule_pages, validate
from canary_runner.api.files import (
    builtin_scenarios,
    files_named,
    find_scenario,
    find_scenarios,
    further_files,
    load_policies,
    load_policy,
    load_service,
    policy_files,
    shipped,
)
from canary_runner.api.importing import import_policies
from canary_runner.api.options import parse_clock, parse_delay, parse_precision, parse_sweep
from canary_runner.api.running import compare, simulate, study, test

__all__ = [
    "builtin_scenarios",
    "compare",
    "files_named",
    "find_scenario",
    "find_scenarios",
    "further_files",
    "import_policies",
    "lint",
    "load_policies",
    "load_policy",
    "load_service",
    "parse_clock",
    "parse_delay",
    "parse_precision",
    "parse_sweep",
    "policy_files",
    "rule_pages",
    "shipped",
    "simulate",
    "study",
    "test",
    "validate",
]
