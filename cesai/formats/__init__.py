"""How dates are spelt in each language."""
