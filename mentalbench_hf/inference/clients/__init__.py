"""Clients behind one protocol: the Hub, any OpenAI-compatible server, local models."""
