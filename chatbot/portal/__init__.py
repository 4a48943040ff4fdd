"""The demo portal: the site of a fictional company, as a portal of readers would embed Signpost. Only with --demo."""
