"""What happens by date if nobody acts: one class per deadline, and its schedule (process.md, Periods)."""
