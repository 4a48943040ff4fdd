"""How one reply is judged: by other readers of the files, another reading of the events, and a reader's browser."""
