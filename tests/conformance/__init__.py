"""The contract of all generated code, proven on real processes, servers and databases."""
