"""Text to values: the only place where files are read, and the only user of YAML and JSON Schema."""

from canary_runner.loading.files import (
    check_bytes,
    check_file,
    is_foreign,
    load_policy,
    load_scenarios,
    load_service,
    policy_in,
    says_policy,
)
from canary_runner.loading.scenario_file import find_scenario, scenario_from
from canary_runner.loading.source import policy_files

__all__ = [
    "check_bytes",
    "check_file",
    "find_scenario",
    "is_foreign",
    "load_policy",
    "load_scenarios",
    "load_service",
    "policy_files",
    "policy_in",
    "says_policy",
    "scenario_from",
]
