"""The client and its command line against a running portal, over HTTP."""
