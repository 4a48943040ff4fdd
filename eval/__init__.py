"""Suites, measures and reports over the other packages. Nothing imports this one."""
