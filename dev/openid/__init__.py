"""A certified OpenID provider (npm's oidc-provider) on loopback, for tests and for trying out."""
