"""Where files are parsed: child processes that can harm nothing but themselves."""
