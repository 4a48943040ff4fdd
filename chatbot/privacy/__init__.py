"""Personal data in what was typed: found by shape and by the words around it, and masked."""
