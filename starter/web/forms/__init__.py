"""Forms made from the decisions' models: their fields, what was typed into them, and the decision that it makes."""
