"""Throwaway database servers for the tests, and the guard that ends them with the test run."""
