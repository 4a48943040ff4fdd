"""What a content owner looks at before a document goes out, and the word they give on it."""
