"""What each rule about manifests means: why it is one, and what to write instead."""

from typing import Final

MANIFEST_RULES: Final[dict[str, str]] = {
    "template": (
        "Helm templates and Terraform say what a program will make, not what it made: the numbers are in values "
        "that this file does not have. Render it first, and give the result."
    ),
    "assumed": (
        "The manifest leaves open what the cluster, the controller or a default elsewhere decides, and the usual "
        "was taken. If yours is otherwise, say it in the manifest, or read the numbers with that in mind."
    ),
    "no-effect": (
        "What is written here changes nothing in a simulated rollout: it is about things that are not simulated, "
        "like alerts or labels. It is told so that nothing is dropped in silence; there is nothing to mend."
    ),
    "not-modelled": (
        "What is written here would change what happens, and is not simulated. The numbers are those of the same "
        "manifest without it; the message says what that means."
    ),
    "bad-amount": ('A number of pods is whole, and a percentage has its sign. Write 1, or "25%" in quotes.'),
    "bad-duration": (
        "The system reads durations as Go writes them: 90s, 5m, 1h30m; never 1d. It would refuse this text, or "
        "take another value in silence. Write it so."
    ),
    "missing-argument": (
        "A template wants an argument that nobody gives it. The real controller ends such an analysis as an Error "
        "at once, and the release is taken back. Give it a value."
    ),
    "missing-template": (
        "The rollout names a template that is in no file that was read, so nobody knows what it measures. Name its "
        "file or folder with --with, in a test file with the key with; or put both into one file, behind ---."
    ),
    "duplicate-template": (
        "A template of this name stands in several places, and which of them the cluster has cannot be told. Name "
        "only the files that belong together, or say in which namespaces the templates are."
    ),
    "never-passes": (
        "No answer of this metric can pass: its condition cannot be evaluated, or it has no query. Every release "
        "would be taken back. Mend the condition, or add the query."
    ),
    "no-analysis": ("Nothing is measured: every release is promoted, however bad it is. Add an analysis."),
    "not-as-written": (
        "The real controller takes another value than the one that is written, in silence. The value that it "
        "takes is the one that is simulated; write it, so that readers see it."
    ),
    "not-one-strategy": (
        "The fields belong to different strategies, and the API server takes exactly one. Leave the others out."
    ),
    "one-provider": ("A metric has exactly one provider. Leave one of them, or write two metrics."),
    "refused-upstream": (
        "The real controller refuses this manifest, for the reason that the message gives. Mend it there first: "
        "what it would do cannot be told."
    ),
    "too-many-items": ("The list is longer than what is read of any list. Split it, or leave out what repeats."),
    "too-many-steps": ("The rollout goes through more shares of the traffic than are simulated. Use larger steps."),
    "unknown-query": (
        "What the query measures cannot be told from its text, and it is not guessed. Bind the metric's name to "
        "what it measures, with --bind or in a file of bindings; docs/queries.md says how."
    ),
    "never-fails": (
        "Nothing that is measured here can take a release back: a metric without a bound, or with one that every "
        "number passes, as many failures allowed as measurements, an alarm that is off, no alarm at all. Give it a "
        "bound, switch it on, or add one."
    ),
    "no-rollback": (
        "What fails stops the deployment and leaves the traffic where it was: no rollback is configured for it. "
        "Add the event to the ones that roll back."
    ),
    "not-read": (
        "The value stands in another file, a parameter or an import, and only deploying knows it. The usual was "
        "taken in its place; write the value here to have the numbers of your own."
    ),
    "nothing-to-run": (
        "The file could roll something out and switches it off. Enable it, or give the file in which it is enabled."
    ),
    "no-rollout": (
        "The file has objects, and none of them rolls anything out. canary-runner reads Rollouts of Argo and of "
        "OpenKruise, Canaries of Flagger, Deployments, and CloudFormation with CodeDeploy or AppConfig. Give the "
        "file that has one."
    ),
    "several-rollouts": (
        "The file has several rollouts, and the call does not say which one is meant. Say --rollout NAME, in a test "
        "file rollouts: [NAME]. validate, lint and import take all of them."
    ),
    "unknown-rollout": (
        "A test file names a rollout that is in none of its manifests. Take a name that stands there, or leave it out."
    ),
}
"""By rule id, one paragraph each: why, and what instead."""
