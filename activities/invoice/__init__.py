"""Invoices as documents."""
