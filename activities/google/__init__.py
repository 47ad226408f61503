"""Google Drive and Google Forms."""
