"""The web application that receives GitHub's webhooks."""
