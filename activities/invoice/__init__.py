"""Invoices as PDF documents."""
