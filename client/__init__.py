"""The client through which every face reaches leads. It prints nothing and knows no face."""
