"""What figures mean and how they are computed: measures, rankings, intervals and tests."""
