"""What a publish would change of the replies that are on record."""
