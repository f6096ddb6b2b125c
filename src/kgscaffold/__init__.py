"""Scaffolds KryptoGO payment callbacks into web projects, and keeps them upgradable."""

__version__ = "0.4.0"
