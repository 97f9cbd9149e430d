"""What each rule about manifests means: why it is one, and what to write instead."""

from typing import Final

MANIFEST_RULES: Final[dict[str, str]] = {
    "template": (
        "Helm templates and Terraform say what a program will make, not what it made: the numbers are in values that "
        "this file does not have. Render it first, and give the result."
    ),
    "no-rollout": (
        "The file has objects, and none of them rolls anything out. canary-runner reads Rollouts of Argo and of "
        "OpenKruise, Canaries of Flagger, Deployments, and CloudFormation with CodeDeploy or AppConfig. "
        "Give the file that has one."
    ),
    "several-rollouts": ("The file has several rollouts, and one is wanted. Put each into a file of its own."),
}
