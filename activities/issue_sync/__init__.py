"""GitHub is the desk: what people do at an issue is heard, judged by the lead, and answered there."""
