"""Changes of behaviour, each under a name. A lead takes them up when a run of its workflow begins, never in the middle.

While a run lasts it must do what it did, or its history no longer replays. So code whose effects or dates change keeps
the old way for leads without the change:

    if RELEASE_0_2 in after.changes:
        yield mail(after, event, "finance", Role.CONTRACTS)

New leads have all changes at once; leads in flight get them with their next run (`leads adopt`). A change may go from
here, with its old way, when no open run is older than it. See docs/changing-the-process.md.
"""

RELEASE_0_2 = "0.2"
"""All that release 0.2 does otherwise: one name, because each costs every run of every lead an event of its own."""

CHANGES: tuple[str, ...] = (RELEASE_0_2,)
