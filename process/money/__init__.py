"""Money (process.md): exact amounts, price books, what is offered line by line, and what is billed."""
