"""What the names of metrics say: requests or not, seconds or milliseconds."""

import re
from fractions import Fraction
from typing import Final

from canary_runner.loading.queries.answers import A_MEAN, UnclearError

_OF_REQUESTS: Final = re.compile(r"(?:^|_)(?:requests?|responses?|rq|http|grpc|latency)(?:_|$)")
_NOT_SERVED: Final = re.compile(
    r"(?:^|_)(?:client|size|bytes|retry|retries|limit|active|pending|in_flight|queue|dropped|connect|cx|msg"
    r"|errors?|exceptions?|fail(?:ed|ures?)?|faults?|timeouts?|rejected|denied|cached|[2345]xx"
    r"|db|database|sql|postgres(?:ql)?|mysql|redis|mongo(?:db)?|kafka|rabbitmq|amqp|dns|cache|kong_kong|outbound|egress)"
    r"(?:_|$)"
)
"""Names of what is a part of the requests, or what a service does to answer them."""
_COUNTS: Final = re.compile(r"_(?:total|count|requests|xx|status)$|^requests$")
_MILLISECONDS: Final = re.compile(r"(?:^|_)(?:ms|millis|milliseconds|rq_time)(?:_|$)")
_SECONDS: Final = re.compile(r"(?:^|_)seconds(?:_|$)")

_PAIRS: Final = frozenset(
    {
        ("grpc_server_handled_total", "grpc_server_started_total"),
        ("envoy_cluster_upstream_rq_xx", "envoy_cluster_upstream_rq_total"),
        ("envoy_cluster_upstream_rq_xx", "envoy_cluster_upstream_rq_completed"),
        ("envoy_cluster_upstream_rq", "envoy_cluster_upstream_rq_total"),
        ("envoy_cluster_upstream_rq", "envoy_cluster_upstream_rq_completed"),
    }
)
"""Counters of two names that count the same requests."""


def is_served(name: str) -> bool:
    """Tell whether nothing in a name says that it is of something else than all requests that a service gets."""
    return not _NOT_SERVED.search(name)


def is_of_requests(name: str) -> bool:
    """Tell whether a counter surely counts requests that the service got."""
    return bool(_OF_REQUESTS.search(name) and _COUNTS.search(name)) and is_served(name)


def refuse_ratio(part: str, whole: str) -> None:
    """Raise UnclearError for a ratio of two counters that do not count the same requests."""
    if part.endswith("_sum"):
        raise UnclearError(f"{part} / {whole} is {A_MEAN}")
    if part.endswith("_bucket"):
        raise UnclearError(f"{part} counts a request in each of its buckets")
    if not is_served(part):
        raise UnclearError(f"whether {part} counts the service's own requests is not known")
    if part != whole and (part, whole) not in _PAIRS:
        raise UnclearError(f"whether {part} and {whole} count the same requests is not known")


def latency_factor(name: str) -> Fraction:
    """Return units of a histogram in a second; raises UnclearError if it is not surely one of requests' latency."""
    if not name.endswith("_bucket"):
        raise UnclearError(f"{name} is no _bucket of a histogram")
    if not _OF_REQUESTS.search(name) or not is_served(name):
        raise UnclearError(f"whether {name} is the latency of requests is not known")
    if _MILLISECONDS.search(name):
        return Fraction(1000)
    if _SECONDS.search(name):
        return Fraction(1)
    raise UnclearError(f"the unit of {name} is not in its name")
