"""Public facts about organisations, clusters and models, and how they are taken over."""
