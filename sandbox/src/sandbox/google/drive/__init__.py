"""Drive v3: files and folders on shared drives, as a service account sees them.

A service account has no storage of its own: files for its My Drive are refused, as Google does.
"""
