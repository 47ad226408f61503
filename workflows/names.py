"""Names by which clients reach the leads' workflows, without loading these."""

LEAD_WORKFLOW = "LeadWorkflow"
"""Type of the workflow of a lead. It stands in all histories."""
REQUEST = "request"
"""Name of the key of the request in the memo, by which a lead is known when it is opened again (`process.identity`)."""
