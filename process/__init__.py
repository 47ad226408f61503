"""The process: pure, without I/O, clock or engine. Every face of the service calls the same four functions:

    decide(event_log, fact, now) -> fact or Refused    what is allowed now (core/decide.py)
    evolve(event_log, fact, at)  -> event log          what a fact makes true (core/evolve.py)
    plan(change)                 -> effects            what is asked of the outside (core/plan.py)
    due(lead)                    -> deadlines          what happens by date if nobody acts (deadlines/schedule.py)

`core.aggregate` keeps the event log and the outbox of one lead. Each package says in its `__init__` what it holds.
"""
