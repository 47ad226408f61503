"""Money (process.md, Money): exact amounts, price books, items of quotes, and billing."""
