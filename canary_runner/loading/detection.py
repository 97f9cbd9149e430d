"""Whose file is it? Told from its bytes, before anything is read; of most of ours by one line."""

import re
from functools import cache
from typing import Final

_SAYS: Final = rb"(?:apiVersion|AWSTemplateFormatVersion|Resources|Transform)"
_FOREIGN: Final = rb"""(?m)^[ \t-]*["']?""" + _SAYS + rb"""["']?[ \t]*:"""
_FOREIGN_IN_JSON: Final = rb"""[{,]\s*"?""" + _SAYS + rb""""?\s*:"""
_OURS: Final = rb"""(?m)^["']?schema["']?[ \t]*:[ \t]*["']?canary-runner/"""
_OURS_IN_JSON: Final = rb"""[{,]\s*"?schema"?\s*:\s*"?canary-runner/"""
_FIRST: Final = b"schema: canary-runner/"


_OURS_SOMEHOW: Final = (
    rb"canary-runner/|\btraffic_percent\b|"
    rb"""(?i:\bschema["']?[ \t]*:[ \t]*["']?(?:can+ar[\w-]*|[\w-]+-run+er)[/:. -]"""
    rb"(?:policy|service|test|scenarios|bindings)\b)"
)
"""What stands in every file of ours, its first line misspelt or not, but in a service that lost it."""

_ROLLOUT: Final = rb"""(?m)^[ -]{0,2}["']?kind["']?[ \t]*:[ \t]*["']?(?:Rollout|Canary|Deployment|List)\b"""
_ROLLOUT_IN_JSON: Final = rb"""[{,]\s*"kind"\s*:\s*"(?:Rollout|Canary|Deployment|List)\b"""
_OF_AWS: Final = rb"AWS::(?:CodeDeploy|AppConfig|Serverless|Lambda::Alias)\b|\bDeploymentPreference\b"


_REFERRED: Final = (
    rb"\bAWS::CloudWatch::|"
    rb"""\bkind["']?[ \t]*:[ \t]*["']?(?:(?:Cluster)?AnalysisTemplate|MetricTemplate|"""
    rb"Deployment|StatefulSet|DaemonSet|CloneSet|ReplicaSet)\b"
)


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern)


def is_manifest(data: bytes) -> bool:
    """Tell whether a file is meant for another system: it says so, and does not say that it is ours."""
    if data.startswith(_FIRST) or b"\n" + _FIRST in data:
        return False
    is_json = data.lstrip()[:1] in (b"{", b"[")
    if _compiled(_OURS_IN_JSON if is_json else _OURS).search(data):  # further in, it is a text in a manifest
        return False
    if _compiled(_FOREIGN_IN_JSON if is_json else _FOREIGN).search(data):
        return True
    from canary_runner.loading.templates import template_finding

    return template_finding(data.decode("utf-8", "replace"), is_broken=False) is not None


def concerns_us(data: bytes) -> bool:
    """Tell whether a file in a folder is to be looked at: one of ours, even broken, or a manifest that rolls out.

    A repository has many other files: they are not ours to judge, nor are templates that something else fills in.
    """
    if _compiled(_OURS_SOMEHOW).search(data):
        return True
    kind = _ROLLOUT_IN_JSON if data.lstrip()[:1] in (b"{", b"[") else _ROLLOUT
    if not (_compiled(kind).search(data) or _compiled(_OF_AWS).search(data)):
        return False
    from canary_runner.loading.templates import template_finding

    return template_finding(data.decode("utf-8", "replace"), is_broken=False) is None


def may_be_referred_to(data: bytes) -> bool:
    """Tell whether a file in a folder of further ones holds what manifests refer to: templates, alarms, workloads."""
    if not _compiled(_REFERRED).search(data):
        return False
    from canary_runner.loading.templates import template_finding

    return template_finding(data.decode("utf-8", "replace"), is_broken=False) is None
