"""Conditions of analysis metrics: a subset of the expr language, checked against types before it is run.

Facts: expr-lang/expr 1.17.8 as argo-rollouts 9f8d111d8f uses it. What the subset leaves out raises `NotModelled`; what
the language itself refuses raises `ConditionError`, at compile time or at run time.
"""
