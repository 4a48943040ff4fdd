"""Source -> Document -> Passages: one reader per format, then the same steps for all."""
