"""Speed, side by side: Signpost, the products one would take instead, and the limit they all have."""
