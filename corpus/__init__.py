"""What may be cited: documents, approvals, the registry of both, and their store."""
