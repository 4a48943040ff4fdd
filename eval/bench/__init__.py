"""Speed, side by side: Signpost, the products one would take instead, and the exact loop without our steps."""
