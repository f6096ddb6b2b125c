"""A stand-in for KryptoGO Payment: its API, its callbacks, and every way they are known to fail."""

from __future__ import annotations

# What the `.env.example` of a generated shop has for it.
PORT = 8900
CLIENT_ID = "sim_client"
API_KEY = "sim_key"
