"""How a lead is shown: where it stands, what needs attention, what is to be done, as it was."""
