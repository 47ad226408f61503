"""Google: Drive folders, and the responses to the questionnaire."""
