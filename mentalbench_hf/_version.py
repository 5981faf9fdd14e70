"""The package version, read by the build and by every artefact that records provenance."""

__version__ = "0.1.0"
