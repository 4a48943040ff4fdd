"""Checks a log from its stored bytes. Imports `corpus` alone: nothing of the service that wrote it is trusted."""
