"""What a label allows, and the words by which a question is held against it."""
