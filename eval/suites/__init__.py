"""One module a suite: each asks the system under test and gives a ``Result``."""
