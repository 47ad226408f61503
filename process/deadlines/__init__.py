"""Events that happen by date if nobody acts: a class and a schedule per deadline (process.md, Periods)."""
