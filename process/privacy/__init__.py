"""Finding a person in what a lead keeps, blacking them out, and exporting what is theirs."""
