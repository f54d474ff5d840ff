"""Hypothesis for the facts: no deadlines, the machines of CI stall when they like."""

from hypothesis import HealthCheck, settings

settings.register_profile('facts', deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile('facts')
