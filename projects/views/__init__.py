"""Pages about groups, projects and one's own settings."""
