"""The command line: composes the packages, decides nothing. One module a group of commands."""
