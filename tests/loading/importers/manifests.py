"""A stream of manifests as a Document: the list of its objects, exact decimals, the place of every node."""

from fractions import Fraction

import yaml

from canary_runner.model.diagnostics import Document, Span


def document_of(text, name="manifest.yaml"):
    """Return the objects of a stream; routes begin with the index of the object, tags are mappings."""
    values, keys = {}, {}
    loader = yaml.SafeLoader(text)
    objects = []
    while loader.check_node():
        node = loader.get_node()
        data = _plain(node, (len(objects),), values, keys)
        if data is not None:
            objects.append(data)
    return Document(name, tuple(text.splitlines()), objects, values, keys)


def _plain(node, route, values, keys):
    values[route] = _span(node)
    if node.tag.startswith("!"):
        name = node.tag[1:]
        inner = {"Ref": "Ref"}.get(name, f"Fn::{name}")
        value = _untagged(node, (*route, inner), values, keys)
        if name == "GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {inner: value}
    return _untagged(node, route, values, keys)


def _untagged(node, route, values, keys):
    if isinstance(node, yaml.MappingNode):
        found = {}
        for key, value in node.value:
            keys[(*route, key.value)] = _span(key)
            found[key.value] = _plain(value, (*route, key.value), values, keys)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*route, index), values, keys) for index, item in enumerate(node.value)]
    if node.tag == "tag:yaml.org,2002:float":
        return Fraction(node.value)
    if node.tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null"):
        return yaml.safe_load(node.value)
    return node.value


def _span(node):
    start, end = node.start_mark, node.end_mark
    return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)
