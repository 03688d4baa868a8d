"""What people decide about groups, projects and their own tokens."""
