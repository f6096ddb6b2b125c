"""A stand-in for KryptoGO Payment: its API, its callbacks, and every way they are known to fail."""
