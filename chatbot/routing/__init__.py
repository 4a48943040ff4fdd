"""Question -> what it asks for, decided deterministically."""
