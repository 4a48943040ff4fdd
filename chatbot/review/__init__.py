"""Records -> what a reviewer reads: the turns of the log, and one turn with its evidence. Read only."""
