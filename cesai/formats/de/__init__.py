"""How dates are spelt in German."""
