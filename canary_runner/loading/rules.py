"""What each rule of the loader means: why it is one, and what to write instead. `canary-run explain ID` prints it."""

from typing import Final

from canary_runner.loading.importers.rules import MANIFEST_RULES

RULES: Final[dict[str, str]] = {
    "yaml-syntax": (
        "The text is not YAML. Everything after the place is unknown, so nothing else is reported. Most often "
        "the indentation differs from the line's neighbours, or a text with a colon needs quotes."
    ),
    "text-encoding": "Files are UTF-8, so that every tool reads the same words. Save the file as UTF-8.",
    "control-character": (
        "Control characters, lone surrogates and line separators can hide what a reviewer should see. Remove "
        "the character; an escape in quotes is refused too."
    ),
    "empty-file": "The file holds nothing. Begin with the key schema, which says what kind of file it is.",
    "second-document": (
        "One file holds one document: a policy is reviewed, named and hashed as a file. Put each document in "
        "its own file. Foreign manifests with several documents go through canary-run import."
    ),
    "yaml-tag": (
        "Tags like !!binary or !x make a YAML reader build other things than the text says. Leave the tag out."
    ),
    "yaml-cycle": "An alias inside its own anchor is a document without an end. Write the value out.",
    "duplicate-anchor": (
        "An anchor that is defined twice makes an alias mean what stands nearest. Rename one of the two."
    ),
    "merge-key": (
        "Merge keys (<<) are no part of YAML 1.2, and editors do not see through them. What stages share "
        "belongs under defaults; the rest is written out."
    ),
    "non-text-key": (
        "Keys are texts. YAML reads 1:, true: and null: as other things, and tools disagree which. Put the "
        "key in quotes."
    ),
    "duplicate-key": (
        "Most YAML readers silently keep the last of two equal keys, whatever the reviewer read. Keep one."
    ),
    "ambiguous-number": (
        "010, 0x1F, 1_000 and +5 are different things in YAML 1.1 and 1.2. Write a plain decimal, or put it "
        "in quotes if it is a text."
    ),
    "not-finite": (
        "Infinity and not-a-number compare with nothing, so no check could ever fail on them. Write a decimal."
    ),
    "number-too-large": (
        "Numbers lie within 2**53, where every JSON reader holds them exactly. Write a smaller or rounder one."
    ),
    "too-deep": ("What is nested without end exhausts a reader's memory. No file of ours needs more than 32 levels."),
    "too-large": (
        "Limits keep every answer quick: 1 MiB a file, 50,000 YAML events, 10,000 nodes with aliases "
        "expanded, 10,000 characters a text, 100 stages, 20 checks a stage, 30 days and 10,000 analyses a "
        "rollout, 10,000 tests of a file times its policies and services. Shorten or split what is beyond."
    ),
    "too-many-findings": "After so many findings the rest is noise. Mend the first ones and look again.",
    "unknown-schema": (
        "The key schema says what kind of file this is and in which version. Write one of "
        "canary-runner/policy/v1, service/v1, test/v1 or scenarios/v1."
    ),
    "wrong-kind": (
        "The file is of another kind than the one that is wanted here, or a manifest of another tool. Give it where "
        "its kind belongs."
    ),
    "wrong-type": (
        "A value of another kind is wanted: a text, a number, a list or a mapping. Numbers with a unit are "
        "texts (10m); traffic_percent and counts are numbers."
    ),
    "unit-missing": (
        "A bare number is read as percent by one person and as a ratio by the next: 0.01 is 1% or 0.01%. The "
        "unit is always visible: 1%, 0.5pp, 1.2x, 500ms, 10m, 120rps."
    ),
    "bad-quantity": (
        "The text is no quantity of the kind that is wanted. Durations are 90s, 5m, 1h30m; rates 1%; "
        "differences of rates 0.5pp; ratios 1.2x; latencies 500ms; latency differences +50ms; traffic 120rps."
    ),
    "out-of-range": (
        "The number can be read and lies outside what makes sense: no rate is above 100%, no stage above 30d, "
        "no latency above one hour, and no tolerance remembers more than 16 analyses. Write a number within the "
        "limits that the message names."
    ),
    "bad-name": (
        "Names appear in paths, terminals and reports. A letter or digit first, then letters, digits, spaces, "
        "dots, dashes and underscores, at most 64 in all."
    ),
    "bad-text": "An empty or unprintable text tells a reader nothing. Write one printable line.",
    "bad-value": "The value is not what the schema wants. `canary-run schema policy` prints the schema.",
    "unknown-word": "Only some words are known here; an unknown one never becomes a default. Write one of them.",
    "unknown-key": "A key that nobody reads would be a rule that nobody keeps. Mend its spelling, or remove it.",
    "missing-key": (
        "The key is needed, here or in the defaults, because no value is right for everybody. Add it; the "
        "help shows what it looks like."
    ),
    "conflicting-keys": (
        "Two keys exclude each other: one kind of tolerance, and either limits or unchecked. Keep one."
    ),
    "empty-value": ("Something must stand here: an empty list of stages rolls nothing out. Write at least one entry."),
    "not-increasing": (
        "Traffic grows from stage to stage: the later stage shows what the earlier one could not. Write more "
        "traffic, or merge the two stages and give them a longer duration."
    ),
    "duplicate-name": "Results name stages and tests; two with one name cannot be told apart. Rename one.",
    "uneven-duration": (
        "Analyses happen at whole multiples of check_every, and the last one at the end of the stage. So the "
        "duration is a whole number of check_every."
    ),
    "uneven-window": "A sliding window is made of whole check intervals. Write a whole number of check_every.",
    "window-too-long": (
        "A window never reaches before its stage, so one longer than the stage is the stage. Write window: stage."
    ),
    "unreachable-tolerance": (
        "So many failures can never be counted: a stage has duration / check_every analyses, twice as many if "
        "it is held. The check would never roll anything back. Write a smaller number, or a shorter "
        "check_every."
    ),
    "duplicate-check": (
        "One list asks for a metric once; two limits of one check are one check with one counter. Write max "
        "and max_over_baseline in one entry."
    ),
    "missing-check": (
        "Every stage asks for the error rate and for a latency: a release that fails slowly or fast must not "
        'pass unseen. Add the check, or say why it is not asked: {metric: latency_p99, unchecked: "batch '
        'service"}.'
    ),
    "no-absolute-limit": (
        "At 100 % traffic the version before serves nobody, so no comparison is asked. Without an absolute "
        "limit the stage would pass whatever happens. Add max, or say unchecked with a reason."
    ),
    "mixed-comparison": (
        "window: rollout adds up stages of different traffic. An incident of both versions then falls on them "
        "unequally, and the canary is blamed for it. Write window: stage, or leave the comparison out."
    ),
    "untested-comparison": (
        "There is no test yet that compares percentiles of two versions at a confidence. Leave confidence "
        "out, or ask with an absolute limit."
    ),
    "latency-too-small": (
        "Latencies are recorded in a histogram whose first class ends at 0.05 ms: below it nothing is told apart, "
        "and no regression is seen. Measure in milliseconds; a faster service is outside of what this tool models."
    ),
    "percentiles-not-growing": "The 99th percentile lies above the median. Swap the two, or measure again.",
    "unreadable-file": (
        "A test file names a file that cannot be read: a policy, a service, or one beside them. A path counts from the "
        "folder of the test file. Mend the path."
    ),
    "unknown-scenario": (
        "A test names a scenario that neither its file nor canary-runner defines. `canary-run explain "
        "scenarios` lists the built-in ones."
    ),
    "redefined-healthy": (
        "A rollback of a healthy release is a false one. A file that gave the name another meaning would change what "
        "every number about it says. Give the scenario a name of its own."
    ),
    "impossible-world": (
        "Service, scenario and policy together make a world that cannot be simulated: an error rate above 100 %, more "
        "requests in a check interval than can be counted, or bursts of errors whose table would be too long. Write "
        "what the help says."
    ),
    "bad-set": (
        "A key of `set` is arm.key, like canary.error_rate, and its value what that key takes in a scenario. "
        "Mend the key or the value."
    ),
    "crossed-bounds": ("No number is at least the greater and at most the smaller. Swap the bounds, or leave one out."),
    "no-equivalent": (
        "import writes a policy of ours only where it does the same as the manifest in every world. Systems that look "
        "at metrics count failures by rules of their own, so only those that the clock alone moves have an equivalent. "
        "The manifest itself runs under its own controller: give it to run, study or compare."
    ),
    "unused-binding": (
        "A binding names a metric that no manifest of the call asks about: it is mistyped, or what it should say is "
        "still inferred, or unknown. Take the name that stands in the manifest, or leave the binding out."
    ),
    "unit-unfit": (
        "A binding says what the number of a metric is, and its unit is one of another quantity: a ratio is written "
        "as a ratio or in percent, a latency in s or ms, a count as it is or by second or minute. Take one of these."
    ),
    **MANIFEST_RULES,
}
"""By rule id, one paragraph each: why, and what instead."""
