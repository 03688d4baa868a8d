"""What strangers, colleagues and lying clusters try, and what they get."""
