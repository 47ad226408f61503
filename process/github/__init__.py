"""What people write and move on GitHub, read: a new lead, or a decision that it proposes."""
