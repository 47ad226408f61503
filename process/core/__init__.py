"""The lead's event log, the functions decide, evolve and plan over it, and the aggregate that keeps all of a lead."""
