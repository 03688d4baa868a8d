"""What clusters say: handing jobs over, following them, accounting, limits and health."""
