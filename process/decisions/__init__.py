"""The decisions that people take: one class each, in a module per stage."""
