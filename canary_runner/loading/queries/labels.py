"""What the name of a label says of its values: a place, a service, a version, a part of the requests."""

import re
from enum import Enum
from typing import Final


class Kind(Enum):
    """What the values of a label tell apart."""

    CALLER = "those who send the requests"
    DIRECTION = "requests got and requests made"
    PART = "parts of the requests"
    PLACE = "places, which both arms share"
    SERVICE = "services, by what requests are sent to"
    VERSION = "versions of one workload"
    WORKLOAD = "workloads and their pods"
    UNKNOWN = "what nobody wrote down"


_OF_KINDS: Final = (
    (Kind.CALLER, r"source_.*|src_.*"),
    (Kind.DIRECTION, r"direction"),
    (
        Kind.PART,
        r"path|uri|url|handler|method|endpoint|view|name|operation|resource(?:_name)?|(?:http|grpc|rpc)_.*"
        r"|.*_(?:path|uri|url|method|handler|operation)",
    ),
    (
        Kind.PLACE,
        r"(?:.*_)?namespace|ns|(?:.*_)?cluster|env|environment|(?:.*_)?region|(?:.*_)?zone|(?:.*_)?datacenter|reporter"
        r"|container(?:_name)?|image|instance|node|prometheus|(?:.*_)?account|stage|tier|team|project|mesh|.*protocol"
        r"|.*policy|le|quantile",
    ),
    (
        Kind.SERVICE,
        r".*service.*|.*svc|job|(?:.*_)?host|.*ingress|route|.*cluster_name|backend|.*upstream.*|destination|authority"
        r"|target(?:_group)?|app_name|proxy|frontend|virtual_?host|vhost|gateway|api_(?:name|id)|function_name"
        r"|load_balancer",
    ),
    (Kind.VERSION, r".*version|.*template_hash|.*revision|track|subset|slot|colou?r|variant|release|role"),
    (
        Kind.WORKLOAD,
        r"(?:.*_)?(?:app|application|component|(?:pod|workload|deployment|replica_?set|rollout)(?:_name)?)|app_.*|canary"
        r"|.*_io_(?:name|instance|part_of)",
    ),
)  # the first one that fits
_KINDS: Final = tuple((kind, re.compile(pattern)) for kind, pattern in _OF_KINDS)
_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def plain(label: str) -> str:
    """Return a label in small letters with underlines between its words, however its system spells it."""
    return _WORD.sub("_", label).lower()


def kind_of(label: str) -> Kind:
    """Return what the values of a label tell apart, as far as its name says."""
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(plain(label))), Kind.UNKNOWN)
