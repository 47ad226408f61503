"""Issue sync: what people do at an issue on GitHub is decided by its lead and answered on the issue."""
