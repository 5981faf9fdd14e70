"""Ratings as other tools export them, each as the long form that own ratings are read in."""
