"""The controllers of AWS: CodeDeploy and AppConfig shift by the clock, and a CloudWatch alarm is the only test.

`alarms` evaluates an alarm, `schedule` is a list of times and shares, `codedeploy` and `appconfig` say what follows,
`hosts` is CodeDeploy on EC2 and on-premises, in batches of instances. `docs/aws.md` says what is modelled.
"""
