"""The command `cesai`."""
