"""What each rule about manifests means: why it is one, and what to write instead."""

from typing import Final

MANIFEST_RULES: Final[dict[str, str]] = {
    "template": (
        "Helm templates and Terraform say what a program will make, not what it made: the numbers are in values that "
        "this file does not have. Render it first, and give the result."
    ),
    "assumed": (
        "The manifest leaves open what the cluster, the controller or a default elsewhere decides, and the usual was "
        "taken. If yours is otherwise, say it in the manifest, or read the numbers with that in mind."
    ),
    "no-effect": (
        "What is written here changes nothing in a simulated rollout: it is about things that are not simulated, like "
        "alerts or labels. It is told so that nothing is dropped in silence; there is nothing to mend."
    ),
    "not-modelled": (
        "What is written here would change what happens, and is not simulated. The numbers are those of the same "
        "manifest without it; the message says what that means."
    ),
    "never-fails": (
        "Nothing that is measured here can take a release back: a metric without a bound, an alarm that is off, no "
        "alarm at all. Give it a bound, switch it on, or add one."
    ),
    "no-rollback": (
        "What fails stops the deployment and leaves the traffic where it was: no rollback is configured for it. Add "
        "the event to the ones that roll back."
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
        "OpenKruise, Canaries of Flagger, Deployments, and CloudFormation with CodeDeploy or AppConfig. "
        "Give the file that has one."
    ),
    "several-rollouts": ("The file has several rollouts, and one is wanted. Put each into a file of its own."),
}
