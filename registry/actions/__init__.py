"""What people decide about models."""
