"""CloudFormation and SAM templates: deployments of CodeDeploy and AppConfig with their alarms."""
