"""How hypothesis searches: no deadlines, because a busy machine is no failure."""

from hypothesis import settings

settings.register_profile("process", deadline=None)
settings.load_profile("process")
