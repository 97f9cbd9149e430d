"""What a SARIF 2.1.0 file of ours may hold, written from the standard's prose: stricter than its schema.

The official schema is not among our files, its licence being no open one; `pytest --sarif-schema FILE` asks it too.
"""

NO_MORE = {"type": "object", "additionalProperties": False}
TEXT = {"type": "string", "minLength": 1}
INDEX = {"type": "integer", "minimum": 0}
POSITION = {"type": "integer", "minimum": 1}
LEVEL = {"enum": ["none", "note", "warning", "error"]}  # 3.27.10


def thing(required, **optional):
    return {**NO_MORE, "required": list(required), "properties": {**required, **optional}}


MESSAGE = thing({"text": TEXT})  # 3.11
URI = {"type": "string", "pattern": r"^(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-F]{2})+$"}  # RFC 3986
PLACE = thing(  # 3.29
    {
        "artifactLocation": thing({"uri": URI}, uriBaseId={"const": "%SRCROOT%"}),  # 3.4
        "region": thing(dict.fromkeys(("startLine", "startColumn", "endLine", "endColumn"), POSITION)),  # 3.30
    }
)
RULE = thing(  # 3.49
    {
        "id": {"type": "string", "pattern": "^[a-z][a-z-]+$"},
        "shortDescription": MESSAGE,
        "fullDescription": MESSAGE,
        "help": thing({"text": TEXT, "markdown": TEXT}),
        "defaultConfiguration": thing({"level": LEVEL}),
    }
)
RESULT = thing(  # 3.27
    {
        "ruleId": TEXT,
        "level": LEVEL,
        "message": MESSAGE,
        "locations": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": thing(
                {"physicalLocation": PLACE},
                logicalLocations={"type": "array", "items": thing({"fullyQualifiedName": TEXT})},
            ),
        },
        "partialFingerprints": thing({"canaryRunner/v1": {"type": "string", "pattern": "^[0-9a-f]{32}$"}}),
    },
    ruleIndex=INDEX,
    relatedLocations={
        "type": "array",
        "minItems": 1,
        "items": thing({"id": POSITION, "physicalLocation": PLACE, "message": MESSAGE}),
    },
)
RUN = thing(  # 3.14
    {
        "tool": thing(
            {"driver": thing({"name": TEXT, "version": TEXT, "rules": {"type": "array", "items": RULE}})}
        ),
        "columnKind": {"const": "utf16CodeUnits"},
        "originalUriBaseIds": thing({"%SRCROOT%": thing({"description": MESSAGE})}),
        "invocations": {"type": "array", "minItems": 1, "items": thing({"executionSuccessful": {"const": True}})},
        "results": {"type": "array", "items": RESULT},
    }
)  # fmt: skip
SUBSET = thing(
    {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "minItems": 1, "maxItems": 1, "items": RUN},
    }
)
