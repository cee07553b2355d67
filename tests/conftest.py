"""Property tests: the same examples every time; ``--hypothesis-profile explore`` looks further."""

from hypothesis import HealthCheck, settings

_SLOW_MACHINES = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("same", derandomize=True, **_SLOW_MACHINES)
settings.register_profile("explore", max_examples=500, **_SLOW_MACHINES)
settings.load_profile("same")
