"""Question -> Reply -> AuditRecord. FastAPI and Pydantic appear only in app, routes and schemas."""
