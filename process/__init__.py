"""The process itself: pure, without I/O, clock or engine.

    decide(history, decision, now) -> events or a refusal   what a person (or the clock) may do now
    evolve(lead, event)            -> lead                  what that makes true
    plan(before, after, event)     -> effects               what the outside world must be told
    due(lead)                      -> when, and which tick  what happens if nobody does anything

Every face of the service (signal, update, command line, page, form) calls the same functions.
"""
