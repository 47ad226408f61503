"""The configuration: settings, logging, the policy file and keys."""
