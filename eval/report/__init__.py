"""One evaluation as files: ``write`` says which. Nothing here decides anything."""
