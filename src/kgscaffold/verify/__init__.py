"""Conformance: rules of the contract, played on a project that runs, and judged from outside."""
