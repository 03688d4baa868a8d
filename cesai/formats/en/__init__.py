"""How dates are spelt in English."""
