"""Proof that each line of policy is held by a test: take it away, and a test must break.

Policy is what decides who sees or may do what. `rules` says where it stands, `changes` how one
line of it is taken away or turned round, `sites` finds all such changes in today's code, `loaded`
makes one in the running program alone, `trials` runs the tests that cover it, and `record` keeps
which test broke.
"""
