"""Pipelines that the harness ships: worked examples of the contract and the starting point of every run."""
