"""The registry as MLflow's clients know it: its routes, words and errors over our own actions."""
