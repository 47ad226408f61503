"""The process itself: pure, without I/O, clock or engine. Every face of the service calls the same four functions (`core`):

    decide(history, decision, now) -> fact or Refused   what a person, or the clock, may do now
    evolve(history, fact, at)      -> history           what that makes true
    plan(change)                   -> effects           what is asked of the outside
    due(lead)                      -> when, and what    what happens if nobody does anything

`record` keeps all of it for one lead. Where things are: `state` what is true of a lead, `decisions` what people may decide,
`ticks` what the calendar does, `effects` and `reports` what goes out and what comes back, `money` prices and invoices,
`desk` what people write on GitHub, `views` how a lead is shown, `whatif` how it would have been.
"""
