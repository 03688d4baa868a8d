"""The portal answers the stock MLflow client as a real MLflow server does."""
