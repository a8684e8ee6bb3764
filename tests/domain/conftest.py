"""How long Hypothesis may look: enough to find what is wrong, little enough to be run at every change."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("domain", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("domain")
