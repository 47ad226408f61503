"""Finding, blacking out and exporting what a lead keeps of a person, and the rules of erasures and retention."""
