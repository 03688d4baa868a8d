"""Pages of the registry, by what they are about; the page of one model joins apps: cesai.pages."""
